#!/usr/bin/env python3
"""Prints a trained model's conditional tables beside the known ones:

    python3 tables.py LIKELY MODEL published|frequent

It scores all 32 points with `likely score` and derives every conditional from their joint
probabilities. Exit status 1 when an entry is further from the truth than 4 standard deviations of
what the training examples can tell, plus 0.01.
"""
import csv
import math
import os
import subprocess
import sys
import tempfile

CAUSES = {"published": (0.001, 0.002, 0.001, 1000000), "frequent": (0.2, 0.3, 0.05, 20000)}
NAMES = ("burglary", "earthquake", "alarm", "john", "mary")
PARENTS = ((), (), (0, 1), (2,), (2,))


def joint(likely, model):
    points = [tuple(i >> (4 - v) & 1 for v in range(5)) for i in range(32)]
    with tempfile.TemporaryDirectory() as folder:
        data, scores = os.path.join(folder, "points.txt"), os.path.join(folder, "scores.csv")
        with open(data, "w") as file:
            file.writelines("".join(map(str, x)) + "\n" for x in points)
        subprocess.run([likely, "score", model, "--data", data, "--out", scores], check=True,
                       stdout=subprocess.DEVNULL)
        with open(scores) as file:
            rows = csv.DictReader(file)
            return {x: math.exp(-float(row["nll_nats"])) for x, row in zip(points, rows)}


def probability(p, fixed):
    return sum(q for x, q in p.items() if all(x[v] == value for v, value in fixed.items()))


def main():
    likely, model, which = sys.argv[1:]
    burglary, earthquake, quiet, examples = CAUSES[which]
    truth = {(0, ()): burglary, (1, ()): earthquake}
    truth |= {(2, (0, 0)): quiet, (2, (0, 1)): 0.29, (2, (1, 0)): 0.94, (2, (1, 1)): 0.95}
    truth |= {(3, (0,)): 0.05, (3, (1,)): 0.90, (4, (0,)): 0.01, (4, (1,)): 0.70}
    p = joint(likely, model)
    print(f"sum over the 32 points: {sum(p.values()):.7f}\n{'':36}model   truth   examples")
    wrong = 0
    for (v, values), known in truth.items():
        given = dict(zip(PARENTS[v], values))
        got = probability(p, {**given, v: 1}) / probability(p, given)
        seen = examples * probability(p, given)
        deviation = math.sqrt(known * (1 - known) / max(seen, 1e-9))
        off = abs(got - known) > 4 * deviation + 0.01
        wrong += off
        condition = ", ".join(f"{NAMES[u]}={x}" for u, x in given.items())
        name = f"P({NAMES[v]}" + (f" | {condition})" if condition else ")")
        print(f"{name:34}{got:8.4f}{known:8.4f}{seen:11.0f}" + ("  *" if off else ""))
    return 1 if wrong else 0


sys.exit(main())
