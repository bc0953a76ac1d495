#!/usr/bin/env bash
# A Bayes net fitted by counting, where one setting of a variable's parents never occurs: a, b -> c
# on four rows without a = 1, b = 1. pgmpy 1.1.2.
#
# Guess, written down first: what was never counted cannot be estimated, so maximum likelihood says
# NaN, warns or refuses; or it falls back on the frequencies of c whatever its parents are.
#
# Seen: the column of the unseen setting is uniform, 1/3 each, with no word of it: pgmpy divides
# 0 / 0 and puts 1 / cardinality. Rows that no training row resembles get a probability as good as
# any, while a value that is merely unseen under a seen setting has probability 0: a table of
# anomalies ranks the stranger row as the more normal one.
#
# What follows for us: a conditional of `bayesnet` is a network of the parents, begun at the
# marginals, so that a setting never seen has what each parent says by itself, and no value of a
# seen one has probability 0. tests/tables_test.sh fits this table.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    numpy==2.4.6 pandas==3.1.1 pgmpy==1.1.2
"$folder/venv/bin/python" -W ignore - <<'EOF_PYTHON'
import pandas
from pgmpy.models import DiscreteBayesianNetwork
from pgmpy.parameter_estimator import DiscreteMLE

rows = pandas.DataFrame({"a": [0, 0, 1, 0], "b": [0, 1, 0, 0], "c": [0, 1, 2, 0]})
net = DiscreteBayesianNetwork([("a", "c"), ("b", "c")])
net.fit(rows, estimator=DiscreteMLE())
table = net.get_cpds("c").values  # [c][a][b]
failed = False


def expect(what, seen, expected):
    global failed
    failed |= seen != expected
    print(f"{'as stated' if seen == expected else 'CHANGED  '} {what}: {seen}")


expect("p(c | a=1, b=1), never seen", [round(float(p), 4) for p in table[:, 1, 1]], [0.3333] * 3)
expect("p(c=2 | a=0, b=0), seen with c=0", float(table[2, 0, 0]), 0.0)
expect("the net says of itself that it is right", bool(net.check_model()), True)
raise SystemExit(failed)
EOF_PYTHON
