#!/usr/bin/env bash
# Lengths, and bytes, that libsndfile 1.2.2 (in soundfile 0.14.0) makes of sound.
#
# Guess, written down first: a FLAC whose header says 0 samples ("unknown", as an encoder that
# writes into a pipe leaves it) is said to have 0 frames or those that are there, and reads to its
# end; two writes of the same samples are the same bytes; an AIFF of 777 samples of 8 bits is one of
# 777.
#
# Seen: the FLAC has 2^63 - 1 frames: reading all wants an array of that size, and SoundFile.read of
# all 20,000 or of more fails ("psf_fseek() failed": it seeks to where it should stand then), though
# the frames are there: 1,000 are read, and so are those behind a seek to frame 17,000. A float WAV
# or AIFF has a PEAK chunk with the time of writing in it, so that two writes, a second apart,
# differ; WAV of 16 bits, W64, CAF and AU have none. An AIFF of an odd number of bytes is written
# with one sample more, in COMM and in SSND both: the pad byte has become data.
#
# What follows for us: frames of such a FLAC are counted by decoding it once, and a file is believed
# only if its last frame can be read; samples are written as WAV of 16 bits, by ourselves, and never
# as float; an AIFF of an odd number of bytes is not written.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6 soundfile==0.14.0
"$folder/venv/bin/python" - <<'EOF_PYTHON'
import io
import time

import numpy as np
import soundfile

failed = False


def expect(what, seen, expected):
    global failed
    failed |= seen != expected
    print(f"{'as stated' if seen == expected else 'CHANGED  '} {what}: {seen}")


def write(samples, kind, of):
    file = io.BytesIO()
    soundfile.write(file, samples, 8000, format=kind, subtype=of)
    return file.getvalue()


def outcome(action):
    try:
        return action()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


expect("libsndfile", soundfile.__libsndfile_version__, "1.2.2")
samples = (np.arange(20000) * 7919 % 60000 - 30000).astype("int16")
flac = bytearray(write(samples, "FLAC", "PCM_16"))
flac[21] &= 0xF0  # the 36 bits of total_samples in STREAMINFO
flac[22:26] = bytes(4)
unknown = lambda: soundfile.SoundFile(io.BytesIO(bytes(flac)))
expect("FLAC, total_samples 0: frames", unknown().frames, 2**63 - 1)
expect("reading all", outcome(lambda: len(unknown().read(dtype="int16"))),
       "ValueError: array is too big; `arr.size * arr.dtype.itemsize` is larger than the maximum "
       "possible size.")
expect("reading 1,000", outcome(lambda: len(unknown().read(1000, dtype="int16"))), 1000)
for count in (20000, 30000):
    expect(f"reading {count:,}", outcome(lambda: len(unknown().read(count, dtype="int16"))),
           "LibsndfileError: Internal psf_fseek() failed.")
file = unknown()
expect("seek to 17,000", file.seek(17000), 17000)
expect("what stands there", bool((np.frombuffer(file.buffer_read(10, "int16"), "int16")
                                  == samples[17000:17010]).all()), True)

values = np.linspace(-1, 1, 100).astype("float32")
kinds = [("WAV", "FLOAT"), ("AIFF", "FLOAT"), ("WAV", "PCM_16"), ("W64", "FLOAT"),
         ("CAF", "FLOAT"), ("AU", "FLOAT")]
first = [write(values, *kind) for kind in kinds]
time.sleep(1.1)
for kind, before in zip(kinds, first):
    after = write(values, *kind)
    differ = [i for i in range(len(before)) if before[i] != after[i]]
    peak = before.find(b"PEAK")
    expect(" ".join(kind) + ", a second later", "differs in PEAK" if differ and peak >= 0 and
           min(differ) >= peak + 12 and max(differ) < peak + 16 else "same" if not differ
           else "differs", "differs in PEAK" if kind[0] in ("WAV", "AIFF") and kind[1] == "FLOAT"
           else "same")

for kind, of, frames in [("AIFF", "PCM_S8", 778), ("AIFF", "ULAW", 778), ("WAV", "PCM_U8", 777),
                         ("WAV", "ULAW", 777)]:
    odd = write(np.zeros(777, "int16"), kind, of)
    expect(f"777 samples as {kind} {of}", soundfile.info(io.BytesIO(odd)).frames, frames)
raise SystemExit(failed)
EOF_PYTHON
