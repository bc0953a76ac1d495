#!/usr/bin/env python3
"""Writes a bitmap as a 1-bit PNG with the strongest deflate, trying each of the five row filters:
png1.py IN.pbm OUT.png"""
import struct
import sys
import zlib

import pbm

width, height, rows = pbm.read(sys.argv[1])


def paeth(a, b, c):
    p = a + b - c
    pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
    return a if pa <= pb and pa <= pc else b if pb <= pc else c


def filtered(kind):
    before, out = bytes(len(rows[0])), bytearray()
    for row in rows:
        left, corner = b"\0" + row, b"\0" + before
        guess = [lambda i: 0, lambda i: left[i], lambda i: before[i],
                 lambda i: (left[i] + before[i]) // 2,
                 lambda i: paeth(left[i], before[i], corner[i])][kind]
        out.append(kind)
        out += bytes((row[i] - guess(i)) & 255 for i in range(len(row)))
        before = row
    return zlib.compress(bytes(out), 9)


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


packed = min((filtered(kind) for kind in range(5)), key=len)
header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
with open(sys.argv[2], "wb") as file:
    file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) +
               chunk(b"IDAT", packed) + chunk(b"IEND", b""))
