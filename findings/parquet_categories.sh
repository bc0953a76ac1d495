#!/usr/bin/env bash
# Categories of pandas 3.1.1 through Parquet files of pyarrow 26.0.1 and of fastparquet 2026.9.0:
# low < mid < high < never, of which "high", "low", "mid" occur, in this order; and two tables of
# words, the second appended to the first, each with the categories that occur in it.
#
# Guess, written down first: how a column is coded inside the file is its writer's affair, and the
# categories of an ordered column keep their order, also in several row groups; words that are read
# as categories are the words that were written, whichever of the two reads or wrote them.
#
# Seen: without dictionary pages (use_dictionary=False, or a list that leaves the column out) the
# column still says that it is ordered, but its order is the one in which values occur: high < low <
# mid. Then min() and max(), what is below "high", and the codes are others, and "never" is gone;
# no warning. Equal values hide it: a list of them is what it was. fastparquet reads its own file,
# by default arguments, with the last piece's categories for the codes of all pieces: the "x" of the
# first has become "w". pyarrow reads the same file rightly, so that the bytes are good.
#
# What follows for us: a model goes by words, never by another table's codes or order, so that a
# frame whose categories stand in another order has the same log_prob, to the bit, and comes back as
# the model's dtype. A model trained on one is another, with other levels: that cannot be seen.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    numpy==2.4.6 pandas==3.1.1 pyarrow==26.0.1 fastparquet==2026.9.0
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'EOF_PYTHON'
import pandas

failed = False


def expect(what, seen, expected):
    global failed
    failed |= seen != expected
    print(f"{'as stated' if seen == expected else 'CHANGED  '} {what}: {seen}")


def words(values, **kinds):
    return pandas.DataFrame({"c": pandas.Categorical(values, **kinds), "n": range(len(values))})


def order(column):
    return " < ".join(column.cat.categories) if column.cat.ordered else "unordered"


levels = ["low", "mid", "high", "never"]
sizes = words(["high", "low", "mid"], categories=levels, ordered=True)
expect("below high, before writing", (sizes.c < "high").tolist(), [False, True, True])
for name, options in (("with dictionary pages", {}), ("without", {"use_dictionary": False}),
                      ("with them for column n alone", {"use_dictionary": ["n"]})):
    sizes.to_parquet("sizes.parquet", **options)
    back = pandas.read_parquet("sizes.parquet").c
    kept = not options
    expect(f"{name}, the values", back.tolist(), ["high", "low", "mid"])
    expect(f"{name}, the order", order(back), " < ".join(levels) if kept else "high < low < mid")
    expect(f"{name}, below high", (back < "high").tolist(), [False, kept, kept])
    expect(f"{name}, codes", back.cat.codes.tolist(), [2, 0, 1] if kept else [0, 1, 2])
    expect(f"{name}, max", back.max(), "high" if kept else "mid")

words(["x", "y", "z"]).to_parquet("words.parquet", engine="fastparquet")
words(["z", "y", "w"]).to_parquet("words.parquet", engine="fastparquet", append=True)
for engine, expected in (("pyarrow", "xyzzyw"), ("fastparquet", "wyzzyw")):
    back = pandas.read_parquet("words.parquet", engine=engine).c
    expect(f"x, y, z and z, y, w appended, by {engine}", "".join(back), expected)
raise SystemExit(failed)
EOF_PYTHON
