#!/usr/bin/env python3
"""How far a trained model is from the toy's known tables: python3 tables.py LIKELY MODEL

It scores all 256 points with `likely score`. Prints the sum of the probabilities, the
Kullback-Leibler divergence from the truth in nats, and the tables of x1. Exit status 1 when the
divergence is over 0.02 nats (10,000 examples leave a full table of 255 free numbers about
255 / 20,000 = 0.013).
"""
import csv
import math
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import generate  # noqa: E402


def joint(likely, model):
    points = [(a, b) for a in range(generate.ALPHABET) for b in range(generate.ALPHABET)]
    with tempfile.TemporaryDirectory() as folder:
        data, scores = os.path.join(folder, "points.csv"), os.path.join(folder, "scores.csv")
        with open(data, "w") as file:
            file.write("x1,x2\n")
            file.writelines(f"{a},{b}\n" for a, b in points)
        subprocess.run([likely, "score", model, "--data", data, "--out", scores], check=True,
                       stdout=subprocess.DEVNULL)
        with open(scores) as file:
            rows = csv.DictReader(file)
            return {x: math.exp(-float(row["nll_nats"])) for x, row in zip(points, rows)}


def main():
    p, first = joint(*sys.argv[1:]), generate.table1()
    divergence = 0.0
    for a in range(generate.ALPHABET):
        for b, q in enumerate(generate.table2(a)):
            divergence += first[a] * q * math.log(first[a] * q / p[a, b])
    print(f"sum over the 256 points: {sum(p.values()):.7f}")
    print(f"divergence from the truth: {divergence:.5f} nats")
    for a in range(generate.ALPHABET):
        model = sum(p[a, b] for b in range(generate.ALPHABET))
        print(f"P(x1 = {a:2})  model {model:.4f}  truth {first[a]:.4f}")
    return 0 if divergence <= 0.02 else 1


sys.exit(main())
