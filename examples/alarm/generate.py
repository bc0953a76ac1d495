#!/usr/bin/env python3
"""Draws the alarm network's examples from its known tables.

`python3 generate.py` rewrites the files beside it:

alarm_*.txt.gz          the tables as published; burglaries are rare, so there are a million
                        training examples
frequent_*.txt.gz       the same network with frequent causes, of which 20,000 examples show every
                        table
"""
import gzip
import os
import random

# P(burglary), P(earthquake), P(alarm | burglary, earthquake), P(john | alarm), P(mary | alarm)
PUBLISHED = (0.001, 0.002, {(0, 0): 0.001, (0, 1): 0.29, (1, 0): 0.94, (1, 1): 0.95},
             (0.05, 0.90), (0.01, 0.70))
FREQUENT = (0.2, 0.3, {(0, 0): 0.05, (0, 1): 0.29, (1, 0): 0.94, (1, 1): 0.95},
            (0.05, 0.90), (0.01, 0.70))


def example(tables, draw):
    burglary = int(draw() < tables[0])
    earthquake = int(draw() < tables[1])
    alarm = int(draw() < tables[2][burglary, earthquake])
    john = int(draw() < tables[3][alarm])
    mary = int(draw() < tables[4][alarm])
    return f"{burglary}{earthquake}{alarm}{john}{mary}\n"


def write(name, tables, count, seed):
    draw = random.Random(seed).random
    text = "".join(example(tables, draw) for _ in range(count))
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
    with open(path, "wb") as file:
        file.write(gzip.compress(text.encode(), 9, mtime=0))


write("alarm_train.txt.gz", PUBLISHED, 1000000, 1)
write("alarm_valid.txt.gz", PUBLISHED, 100000, 2)
write("frequent_train.txt.gz", FREQUENT, 20000, 3)
write("frequent_valid.txt.gz", FREQUENT, 5000, 4)
