#!/usr/bin/env python3
"""Packs the three .amat files of the static binarization of MNIST (Salakhutdinov and Murray,
distributed by Larochelle) into gzipped PBM pictures, one example a row: 784 wide, as many rows as
examples, 1/8 byte a pixel. This made demo/data.

  tools/pack_binarized_mnist.py FOLDER_WITH_AMAT demo/data"""
import gzip
import sys

source, target = sys.argv[1:]
for part in ("train", "valid", "test"):
    rows = []
    with gzip.open(f"{source}/binarized_mnist_{part}.amat.gz", "rt") as file:
        for line in file:
            bits = line.split()
            assert len(bits) == 784
            rows.append(int("".join(bits), 2).to_bytes(98, "big"))
    packed = b"P4\n784 %d\n" % len(rows) + b"".join(rows)
    with open(f"{target}/digits-{part}.pbm.gz", "wb") as file:
        file.write(gzip.compress(packed, 9, mtime=0))
    print(part, len(rows), "examples")
