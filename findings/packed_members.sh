#!/usr/bin/env bash
# A table packed in two pieces, one behind the other, as `cat a.csv.xz b.csv.xz` makes it, and as
# tools make it that pad to a block or begin with a skippable frame: read by Python 3.11's lzma and
# gzip, pandas 3.1.1, pyarrow 26.0.1 and zstandard 0.25.0, beside the formats' own programs (Debian
# 12: xz 5.4.1, gzip 1.12, zstd 1.5.4).
#
# Guess, written down first: all of them read all pieces, as they do for two gzip members; zero
# bytes between xz streams, which the format calls Stream Padding, are skipped or refused; whoever
# has a function and a file object reads the same with both.
#
# Seen: Python's lzma, and pandas by it, end at the padding without a word: 1,000 of 2,000 rows.
# Padding behind the last stream, where nothing would be lost, is an error instead. Zero bytes
# between gzip members Python reads past, and gzip itself stops there. zstandard.decompress gives
# the first of two frames and no sign of the second, while zstandard.open gives both; where a
# skippable frame comes first it fails, and the file object does not.
#
# What follows for us: padding as the format has it is skipped between xz streams; whatever else
# follows a member and is no other member is refused, never left out; skippable frames are skipped.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    numpy==2.4.6 pandas==3.1.1 pyarrow==26.0.1 zstandard==0.25.0
cd "$folder"
"$folder/venv/bin/python" - <<'EOF_PYTHON'
import gzip
import lzma
import struct
import subprocess
import sys

import pandas
import pyarrow.csv
import zstandard

rows = [b"%d,%d\n" % (i, i * i) for i in range(2000)]
first, second = b"x,y\n" + b"".join(rows[:1000]), b"".join(rows[1000:])
skippable = struct.pack("<II", 0x184D2A50, 4) + b"note"
failed = False


def count(data):
    return data.count(b"\n") - 1


def told(read):
    try:
        return read()
    except Exception as error:
        return type(error).__name__


def expect(what, read, expected):
    global failed
    seen = told(read)
    failed |= seen != expected
    print(f"{'as stated' if seen == expected else 'CHANGED  '} {what}: {seen} (stated {expected})")


def program(*command):
    return lambda: count(subprocess.run(command, capture_output=True).stdout)


def save(name, data):
    with open(name, "wb") as file:
        file.write(data)


print("Python", sys.version.split()[0])
plain = lzma.compress(first) + lzma.compress(second)
padded = lzma.compress(first) + bytes(8) + lzma.compress(second)
save("plain.csv.xz", plain), save("padded.csv.xz", padded)
expect("lzma, two streams", lambda: count(lzma.decompress(plain)), 2000)
expect("lzma, padding between", lambda: count(lzma.decompress(padded)), 1000)
expect("lzma.open, padding between", lambda: count(lzma.open("padded.csv.xz").read()), 1000)
expect("pandas, two streams", lambda: len(pandas.read_csv("plain.csv.xz")), 2000)
expect("pandas, padding between", lambda: len(pandas.read_csv("padded.csv.xz")), 1000)
expect("xz, padding between", program("xz", "-dc", "padded.csv.xz"), 2000)
save("behind.csv.xz", lzma.compress(first + second) + bytes(8))
expect("lzma.open, padding behind", lambda: count(lzma.open("behind.csv.xz").read()), "EOFError")
expect("xz, padding behind", program("xz", "-dc", "behind.csv.xz"), 2000)

zeros = gzip.compress(first) + bytes(8) + gzip.compress(second)
save("zeros.csv.gz", zeros)
expect("Python's gzip, zeros between", lambda: count(gzip.decompress(zeros)), 2000)
expect("pandas, gzip, zeros between", lambda: len(pandas.read_csv("zeros.csv.gz")), 2000)
expect("pyarrow, gzip, zeros between", lambda: pyarrow.csv.read_csv("zeros.csv.gz").num_rows,
       "OSError")
expect("gzip, zeros between", program("gzip", "-dc", "zeros.csv.gz"), 1000)

pack = zstandard.compress
frames, noted = pack(first) + pack(second), skippable + pack(first) + pack(second)
save("frames.csv.zst", frames), save("noted.csv.zst", noted)
expect("zstandard.decompress, two frames", lambda: count(zstandard.decompress(frames)), 1000)
expect("zstandard.open, two frames",
       lambda: count(zstandard.open("frames.csv.zst").read()), 2000)
expect("zstandard.decompress, skippable frame first",
       lambda: count(zstandard.decompress(noted)), "ZstdError")
expect("zstandard.open, skippable frame first",
       lambda: count(zstandard.open("noted.csv.zst").read()), 2000)
expect("zstd, two frames", program("zstd", "-dc", "frames.csv.zst"), 2000)
raise SystemExit(failed)
EOF_PYTHON
