#!/usr/bin/env python3
"""Takes the first 1,000 digits of a bitmap and replaces a 6 x 6 block of every second one by coin
flips (seed fixed): corrupt.py IN.pbm OUT.pbm LABELS.txt; a label is 1 where the digit was
corrupted."""
import random
import sys

import pbm

width, height, rows = pbm.read(sys.argv[1])
flip = random.Random(1)
mixed, labels = [], []
for i, row in enumerate(rows[:1000]):
    bits = int.from_bytes(row, "big")
    if i % 2 == 1:
        top, left = flip.randrange(4, 19), flip.randrange(4, 19)
        for y in range(top, top + 6):
            for x in range(left, left + 6):
                place = 1 << (783 - (28 * y + x))
                bits = bits | place if flip.random() < 0.5 else bits & ~place
    mixed.append(bits.to_bytes(98, "big"))
    labels.append(i % 2)
pbm.write(sys.argv[2], width, mixed)
with open(sys.argv[3], "w") as file:
    file.writelines(f"{label}\n" for label in labels)
