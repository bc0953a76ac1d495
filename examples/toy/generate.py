#!/usr/bin/env python3
"""Draws the two-variable toy from its known tables.

`python3 generate.py` rewrites the files beside it. x1 in 0..15 has two bumps; x2 in 0..15 follows
an arch over x1, narrow on the left and wide on the right.
"""
import math
import os
import random

ALPHABET = 16


def normalised(weights):
    total = sum(weights)
    return [w / total for w in weights]


def table1():
    return normalised([0.002 + math.exp(-(a - 4) ** 2 / 4) + 0.6 * math.exp(-(a - 11) ** 2 / 8)
                       for a in range(ALPHABET)])


def table2(x1):
    centre, width = 15 * math.sin(math.pi * x1 / 15), 0.7 + x1 / 8
    return normalised([0.001 + math.exp(-((b - centre) / width) ** 2 / 2) for b in range(ALPHABET)])


def write(name, count, seed):
    draw = random.Random(seed)
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
    with open(path, "w") as file:
        file.write("x1,x2\n")
        for _ in range(count):
            x1 = draw.choices(range(ALPHABET), table1())[0]
            file.write(f"{x1},{draw.choices(range(ALPHABET), table2(x1))[0]}\n")


if __name__ == "__main__":
    write("toy_train.csv", 10000, 1)
    write("toy_valid.csv", 2000, 2)
