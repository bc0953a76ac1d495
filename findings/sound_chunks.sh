#!/usr/bin/env bash
# One WAV file with two data chunks, of 5 and of 3 samples, read by SciPy 1.17.1, Python's own wave
# module, and libsndfile 1.2.2 (in soundfile 0.14.0); and samples that SciPy writes.
#
# Guess, written down first: the format allows one data chunk, so that readers take the first, all
# the same one; and what SciPy writes of an array of integers, whose type is int64 where nobody says
# otherwise, is PCM that others read, or it refuses.
#
# Seen: SciPy gives the last chunk's samples, in silence; wave the first's; libsndfile refuses the
# file ("Internal error : SF_INFO struct incomplete."): three readers, three answers. An array of
# int64 becomes a WAV of 64 bits a sample, which SciPy reads and libsndfile does not.
#
# What follows for us: such a file is refused, and the line says that there are two of them; 64 bits
# are refused too.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    numpy==2.4.6 soundfile==0.14.0 scipy==1.17.1
"$folder/venv/bin/python" - <<'EOF_PYTHON'
import io
import struct
import wave

import numpy as np
import soundfile
from scipy.io import wavfile

failed = False


def expect(what, seen, expected):
    global failed
    failed |= seen != expected
    print(f"{'as stated' if seen == expected else 'CHANGED  '} {what}: {seen}")


def chunk(name, content):
    return name + struct.pack("<I", len(content)) + content


def outcome(action):
    try:
        return action()
    except Exception as error:
        return str(error).split(": ", 1)[-1]


expect("libsndfile", soundfile.__libsndfile_version__, "1.2.2")
form = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16))
first, last = [1, 2, 3, 4, 5], [101, 102, 103]
body = b"WAVE" + form + b"".join(
    chunk(b"data", struct.pack(f"<{len(samples)}h", *samples)) for samples in (first, last))
file = chunk(b"RIFF", body)
expect("two chunks, SciPy", wavfile.read(io.BytesIO(file))[1].tolist(), last)
read = wave.open(io.BytesIO(file))
expect("two chunks, wave", list(struct.unpack("<5h", read.readframes(read.getnframes()))), first)
expect("two chunks, libsndfile", outcome(lambda: soundfile.read(io.BytesIO(file), dtype="int16")),
       "Internal error : SF_INFO struct incomplete.")

written = io.BytesIO()
wavfile.write(written, 8000, np.arange(-5, 5))
file = written.getvalue()
expect("int64 as SciPy writes it: bits a sample", struct.unpack_from("<H", file, 34)[0], 64)
expect("read by SciPy", str(wavfile.read(io.BytesIO(file))[1].dtype), "int64")
expect("by libsndfile", outcome(lambda: soundfile.read(io.BytesIO(file))),
       "File contains data in an unimplemented format.")
raise SystemExit(failed)
EOF_PYTHON
