#!/usr/bin/env bash
# Columns of words through CSV by pyarrow 26.0.1, which pandas 3.1.1 also reads by where it is told
# engine="pyarrow"; beside pandas' own reader and polars 2.1.0.
#
# Guess, written down first: a table of one column with missing values has as many rows when it is
# read again, at least by whoever wrote it; words such as 0x10 stay words, in any case 16 is another
# one and 0xFFFFFFFFFFFFFFFF is not -1.
#
# Seen: of a table of one column pyarrow writes a missing value as an empty line, and reading skips
# empty lines: of 6 rows 4 come back, without a word, so that labels kept in a file of their own
# stand beside other rows than before. pandas skips the same lines (polars 2.1.0 writes such lines
# too, and reads them). Words in hexadecimal are integers where a whole column has them or decimal
# ones: 0x10 and 16 become one value, and what has the highest of 64 bits set is negative:
# 0xFFFFFFFFFFFFFFFF is -1. One other word in the column, and all of it stays as written. pandas'
# own reader and polars leave such words alone, so that `engine` decides what the values are.
#
# What follows for us: an empty line in a table of one column may be a row, so that it is to be
# refused and named, at the end of the file as between rows; 0x10 and 16 are two words of a table,
# as 01 and 1 are.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    numpy==2.4.6 pandas==3.1.1 pyarrow==26.0.1 polars==2.1.0
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'EOF_PYTHON'
import pandas
import polars
import pyarrow
import pyarrow.csv

failed = False


def expect(what, seen, expected):
    global failed
    failed |= seen != expected
    print(f"{'as stated' if seen == expected else 'CHANGED  '} {what}: {seen}")


READERS = {
    "pyarrow": lambda: pyarrow.csv.read_csv("t.csv")["c"].to_pylist(),
    "pandas": lambda: pandas.read_csv("t.csv").c.tolist(),
    "pandas, engine pyarrow": lambda: pandas.read_csv("t.csv", engine="pyarrow").c.tolist(),
    "polars": lambda: polars.read_csv("t.csv")["c"].to_list(),
}

rows = ["a", None, "b", "d", "c", None]
pyarrow.csv.write_csv(pyarrow.table({"c": rows}), "t.csv")
with open("t.csv", "rb") as file:
    expect("written by pyarrow", file.read(), b'"c"\n"a"\n\n"b"\n"d"\n"c"\n\n')
for name, read in READERS.items():
    expect(f"of 6 rows, by {name}", read(), rows if name == "polars" else ["a", "b", "d", "c"])
polars.DataFrame({"c": rows}).write_csv("t.csv")
expect("of 6 rows of polars, by pandas", READERS["pandas"](), ["a", "b", "d", "c"])

ALL = "0xFFFFFFFFFFFFFFFF"
for column, as_numbers in (
    (["0x10", "16", "0xFF"], [16, 16, 255]),
    ([ALL, "0x9E3779B97F4A7C15"], [-1, 0x9E3779B97F4A7C15 - 2**64]),
    (["18446744073709551615", "1"], [2.0**64, 1.0]),
    ([ALL, "0x10", "none"], [ALL, "0x10", "none"]),
):
    pyarrow.csv.write_csv(pyarrow.table({"c": column}), "t.csv")
    for name in ("pyarrow", "pandas, engine pyarrow"):
        expect(f"{', '.join(column)}, by {name}", READERS[name](), as_numbers)
    if column[0].startswith("0x"):
        for name in ("pandas", "polars"):
            expect(f"{', '.join(column)}, by {name}", READERS[name](), column)
raise SystemExit(failed)
EOF_PYTHON
