#!/usr/bin/env bash
# Samples that libsndfile 1.2.2 (in soundfile 0.14.0) reads behind a seek, beside those of the same
# places read in order.
#
# Guess, written down first: formats that are coded with loss decode to the same samples wherever
# reading begins, but perhaps for MP3, whose frames lean on bits of those before, and there by a lot
# or not at all.
#
# Seen: Vorbis, FLAC, ALAC and ADPCM do. Ogg Opus gives other floats, by a unit in the last place,
# for a tenth of a second and more behind a seek; half a second later none. MP3 gives other floats
# behind most seeks, for good: no run-up mends it. The differences are near 1e-7, and still some
# samples read as int16 are others, because they are rounded from floats: of ten seconds that are
# read in pieces of 3,000, a few dozen of MP3.
#
# What follows for us: a recording is data, and must not depend on where reading begins. MP3 is not
# read. Opus is decoded from a second before the place (data/sound_test.c: one sample of 480,000 was
# another without that).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6 soundfile==0.14.0
"$folder/venv/bin/python" - 2>"$folder/said" <<'EOF_PYTHON'
import io

import numpy as np
import soundfile

failed = False
COUNT, PIECE, RATE = 480000, 3000, 48000


def expect(what, seen, expected):
    global failed
    failed |= seen != expected
    print(f"{'as stated' if seen == expected else 'CHANGED  '} {what}: {seen}")


def pieces(file, run_up, kind, whole):
    """Values that differ from those read in order, of pieces that each begin with a seek."""
    differ = 0
    for first in range(777, len(whole) - PIECE, 5000):
        sound = soundfile.SoundFile(io.BytesIO(file))
        begin = max(0, first - run_up)
        sound.seek(begin)
        sound.read(first - begin, dtype=kind)
        differ += int((sound.read(PIECE, dtype=kind) != whole[first:first + PIECE]).sum())
    return differ


expect("libsndfile", soundfile.__libsndfile_version__, "1.2.2")
time = np.arange(COUNT)
samples = (0.4 * np.sin(time * 0.05) + 0.2 * np.sin(time * 0.31)
           + 0.05 * np.random.default_rng(1).standard_normal(COUNT)).astype("float32")
for container, of, floats, run_up, later, integers in [
        ("OGG", "VORBIS", "none", 0, "none", "none"), ("FLAC", "PCM_16", "none", 0, "none", "none"),
        ("CAF", "ALAC_16", "none", 0, "none", "none"),
        ("WAV", "IMA_ADPCM", "none", 0, "none", "none"),
        ("OGG", "OPUS", "some", RATE // 2, "none", None),
        ("MP3", "MPEG_LAYER_III", "some", 2 * RATE, "some", "some")]:
    written = io.BytesIO()
    soundfile.write(written, samples, RATE, format=container, subtype=of)
    file = written.getvalue()
    said = lambda count: "some" if count > 0 else "none"
    whole = soundfile.SoundFile(io.BytesIO(file)).read(dtype="float32")
    count = pieces(file, 0, "float32", whole)
    expect(f"{of}: floats that differ behind a seek", said(count), floats)
    print(f"          ({count} of 285,000 or so)")
    count = pieces(file, run_up, "float32", whole)
    expect(f"{of}: those {run_up} frames later", said(count), later)
    whole = soundfile.SoundFile(io.BytesIO(file)).read(dtype="int16")
    if integers is not None:
        expect(f"{of}: int16 that differ", said(pieces(file, 0, "int16", whole)), integers)
raise SystemExit(failed)
EOF_PYTHON
