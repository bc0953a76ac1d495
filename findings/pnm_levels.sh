#!/usr/bin/env bash
# One grey ramp of 16 levels, four files that mean the same by Netpbm's specifications, read by
# OpenCV (opencv-python-headless 5.0.0.93) and, where it can, Pillow 13.0.0.
#
# Guess, written down first: a reader either spreads levels below a maxval of 255 or leaves them as
# they are, but does the same whether the numbers are ASCII (P2), binary (P5) or in a PAM (P7); and
# a PAM of maxval 1 has a byte a sample, as its specification says.
#
# Seen: OpenCV spreads the ASCII file to 0, 17 .. 255 and leaves the binary one at 0 .. 15: in one
# folder the same picture is white or nearly black. With maxval 1000 it spreads neither. A PAM of
# maxval 1 it takes for packed bits: of 16 alternating pixels one is white. Pillow spreads P2 and P5
# alike (P7 it does not read).
#
# What follows for us: levels are those of the file's maxval, the same from P1 to P7, and spread to
# a model's levels only when these are a multiple; tests read one ramp from every kind of file.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    numpy==2.4.6 opencv-python-headless==5.0.0.93 pillow==13.0.0
"$folder/venv/bin/python" - <<'EOF_PYTHON'
import io

import cv2
import numpy as np
from PIL import Image


def pnm(magic, width, maxval, values, ascii):
    head = f"{magic}\n{width} 1\n{maxval}\n".encode()
    if ascii:
        return head + b" ".join(str(value).encode() for value in values) + b"\n"
    return head + np.array(values, ">u2" if maxval > 255 else "u1").tobytes()


def pam(width, maxval, kind, values):
    head = f"P7\nWIDTH {width}\nHEIGHT 1\nDEPTH 1\nMAXVAL {maxval}\nTUPLTYPE {kind}\nENDHDR\n"
    return head.encode() + bytes(values)


def opencv(data):
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED).ravel().tolist()


def pillow(data):
    return np.array(Image.open(io.BytesIO(data))).ravel().tolist()


failed = False


def expect(what, seen, expected):
    global failed
    failed |= seen != expected
    print(f"{'as stated' if seen == expected else 'CHANGED  '} {what}: {seen}")


ramp, spread, deep = list(range(16)), [17 * level for level in range(16)], [0, 1, 500, 1000]
expect("OpenCV, P2, maxval 15", opencv(pnm("P2", 16, 15, ramp, True)), spread)
expect("OpenCV, P5, maxval 15", opencv(pnm("P5", 16, 15, ramp, False)), ramp)
expect("OpenCV, P7, maxval 15", opencv(pam(16, 15, "GRAYSCALE", ramp)), ramp)
expect("Pillow, P2, maxval 15", pillow(pnm("P2", 16, 15, ramp, True)), spread)
expect("Pillow, P5, maxval 15", pillow(pnm("P5", 16, 15, ramp, False)), spread)
expect("OpenCV, P2, maxval 1000", opencv(pnm("P2", 4, 1000, deep, True)), deep)
expect("OpenCV, P5, maxval 1000", opencv(pnm("P5", 4, 1000, deep, False)), deep)
alternating = [0, 1] * 8
expect("OpenCV, P7, maxval 1, alternating", opencv(pam(16, 1, "BLACKANDWHITE", alternating)),
       [0] * 15 + [255])
raise SystemExit(failed)
EOF_PYTHON
