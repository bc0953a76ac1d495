#!/usr/bin/env bash
# How much of a chained Ogg readers give: two recordings one behind the other in one file, as RFC
# 3533 has it (section 4, "sequential multiplexing") and as radio streams and `cat` make it.
#
# Guess, written down first: of a chain of 6,000 and 4,000 frames of one rate and one channel,
# Vorbis or Opus, every reader gives 10,000 frames, or says that it takes the first one alone.
#
# Seen: soundfile 0.14.0 (libsndfile 1.2.2) says that there are 6,000 frames, of either codec, reads
# these and is done, without an error or a warning; so does miniaudio 1.71 with Vorbis. PyAV 18.1.0
# (FFmpeg) decodes both, of Opus with the right number of frames (60,000 at its rate of 48,000). Of
# Vorbis it has no end right: 6,144 and 4,096 frames of each alone, to the end of the last block,
# and 10,496 of the chain, 256 more than of both.
#
# What follows for us: what libsndfile leaves out would be lost by `compress`, so that a file in
# which another recording begins behind the first is refused, with the byte where it does; heads of
# streams that run side by side in an Ogg are none.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check numpy==2.2.6 soundfile==0.14.0 \
    av==18.1.0 miniaudio==1.71
"$folder/venv/bin/python" - <<'EOF_PYTHON'
import io

import av
import miniaudio
import numpy as np
import soundfile

failed = False


def expect(what, seen, expected):
    global failed
    failed |= seen != expected
    print(f"{'as stated' if seen == expected else 'CHANGED  '} {what}: {seen}")


def ogg(frames, step, codec):
    file = io.BytesIO()
    samples = (np.sin(np.arange(frames) * step) * 9000).astype("int16")
    soundfile.write(file, samples, 8000, format="OGG", subtype=codec)
    return file.getvalue()


def by_soundfile(data):
    return soundfile.SoundFile(io.BytesIO(data)).frames, len(soundfile.read(io.BytesIO(data))[0])


def by_pyav(data):
    return sum(frame.samples for frame in av.open(io.BytesIO(data)).decode(audio=0))


def by_miniaudio(data):
    return miniaudio.decode(data, nchannels=1, sample_rate=8000).num_frames


expect("libsndfile", soundfile.__libsndfile_version__, "1.2.2")
for codec, alone, chained in (
    ("VORBIS", (6144, 4096), 10496),
    ("OPUS", (36000, 24000), 60000),
):
    first, second = ogg(6000, 0.05, codec), ogg(4000, 0.2, codec)
    expect(f"{codec} alone: soundfile", by_soundfile(first), (6000, 6000))
    expect(f"{codec} alone: PyAV", (by_pyav(first), by_pyav(second)), alone)
    expect(f"{codec} chained: soundfile", by_soundfile(first + second), (6000, 6000))
    expect(f"{codec} chained: PyAV", by_pyav(first + second), chained)
    if codec == "VORBIS":  # the other it does not read
        expect("VORBIS chained: miniaudio", by_miniaudio(first + second), 6000)
raise SystemExit(failed)
EOF_PYTHON
