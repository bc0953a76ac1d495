#!/usr/bin/env bash
# Installs what building and testing need and is missing, on Debian 12 and its kin (as root, or with
# sudo); says what it does. When everything is there it does nothing.
#
#   tools/setup.sh         compiler, cmake, pkg-config, the libraries, cmocka; gzip, xz and python3
#                          for the demo
#   tools/setup.sh --ci    also git, clang, clang-format, what the Python package is built and
#                          tested with, both MPIs, the aarch64 cross compiler, its libraries, the
#                          emulator
set -euo pipefail

packages=()
want() { # PACKAGE COMMAND...: the package is wanted unless the command succeeds
    local package=$1
    shift
    "$@" >/dev/null 2>&1 || packages+=("$package")
}
has_library() { command -v pkg-config && pkg-config --exists "$1"; }
has_compiler() { command -v cc && echo "#include <stdio.h>" | cc -x c -fsyntax-only -; }
has_header() { command -v cc && echo "#include <$1>" | cc -x c -fsyntax-only -; }
has_package() { dpkg-query -W -f '${db:Status-Status}\n' "$1" | grep -qx installed; }

want gcc has_compiler
want libc6-dev has_compiler
want make command -v make
want cmake command -v cmake
want pkg-config command -v pkg-config
want zlib1g-dev has_library zlib
want libpng-dev has_library libpng
want libjpeg62-turbo-dev has_library libjpeg
want libsndfile1-dev has_library sndfile
want libjansson-dev has_library jansson
want libxxhash-dev has_library libxxhash
want libzip-dev has_library libzip
want liblzma-dev has_library liblzma
want libzstd-dev has_library libzstd
want libbz2-dev has_header bzlib.h
want libcmocka-dev has_library cmocka
want gzip command -v gzip
want xz-utils command -v xz
want python3 command -v python3

foreign=
if [[ ${1:-} == --ci ]]; then
    want git command -v git
    want clang command -v clang
    want clang-format command -v clang-format
    want libclang-rt-14-dev has_package libclang-rt-14-dev
    want python3-venv python3 -c 'import ensurepip'
    want python3-dev has_package python3-dev
    want libopenmpi-dev has_library ompi-c
    want openmpi-bin command -v mpirun.openmpi
    want libmpich-dev has_library mpich
    want mpich command -v mpirun.mpich
    if [[ $(uname -m) == x86_64 ]]; then
        want gcc-aarch64-linux-gnu command -v aarch64-linux-gnu-gcc
        want libc6-dev-arm64-cross has_package libc6-dev-arm64-cross
        want qemu-user command -v qemu-aarch64
        for library in zlib1g-dev libpng-dev libjpeg62-turbo-dev libsndfile1-dev libjansson-dev \
            libxxhash-dev libzip-dev liblzma-dev libzstd-dev libbz2-dev libcmocka-dev; do
            want "$library:arm64" has_package "$library:arm64"
            foreign=arm64
        done
    fi
fi

if [[ ${#packages[@]} -eq 0 ]]; then
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    echo "setup: missing here: ${packages[*]} (names as in Debian 12)." \
        "Install them with your package manager." >&2
    exit 1
fi
as_root=()
if [[ $(id -u) -ne 0 ]]; then
    if ! command -v sudo >/dev/null; then
        echo "setup: missing here: ${packages[*]}. Run as root: apt-get install ${packages[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi
echo "setup: installing ${packages[*]}"
if [[ -n $foreign ]] && ! dpkg --print-foreign-architectures | grep -qx "$foreign"; then
    "${as_root[@]}" dpkg --add-architecture "$foreign"
fi
# The package lists may be missing or old; a mirror that answers only in part is no reason to stop
# here.
"${as_root[@]}" apt-get update -qq || echo "setup: apt-get update reported trouble; going on" >&2
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
    "${packages[@]}" >/dev/null
echo "setup: done"
