#!/usr/bin/env bash
# The counts of other people's pictures in docs/results.md:  tools/pictures.sh OUT
#
# Fetches the sources of Pillow, imageio and pypng from PyPI, which carry the pictures that these
# are tested with, and compares what likely reads of each with Pillow's pixels; then the Debian
# packages gnome-backgrounds, adwaita-icon-theme, gnome-icon-theme and tango-icon-theme, and says
# how many of their PNG and JPEG files are read. Needs pip, python3 and apt; nothing outside OUT is
# written.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$1
build=${BUILD:-$here/../build}
mkdir -p "$out/sources" "$out/packages"
cc -O2 -I"$here/../include" "$here/picture_values.c" "$build/liblikely.a" -lpng -ljpeg -lz \
    -ljansson -lxxhash -lzip -lm -pthread -o "$out/values"
cd "$out"
export VALUES=$PWD/values
if [[ ! -e python ]]; then
    python3 -m venv python
    python/bin/pip install --quiet pillow==13.0.0 numpy
    for source in pillow==13.0.0 imageio==2.38.1 pypng==0.20220715.0; do
        python/bin/pip download --quiet --no-binary :all: --no-deps --dest . "$source"
    done
    for archive in *.tar.gz; do
        tar -xzf "$archive" -C sources
    done
    apt-get download gnome-backgrounds adwaita-icon-theme gnome-icon-theme tango-icon-theme
    for package in *.deb; do
        dpkg -x "$package" packages
    done
fi
for source in sources/*; do
    python/bin/python3 "$here/pictures.py" compare "$source"
done
python/bin/python3 "$here/pictures.py" read packages/usr/share
