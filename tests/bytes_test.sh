#!/bin/bash
# Names of any bytes: of data, models, outputs and columns. JSON holds UTF-8 alone; what is none is
# {"hex": ...} there (docs/formats.md).
. "$(dirname "$0")/lib.sh"
cd "$work"
odd=$'donn\xe9es' hex=646f6e6ee96573
make_rows 40 5 3 >"$odd.txt"
make_rows 10 5 4 >valid.txt
seq 1 200 >"$odd.log"
mkdir "$odd"
cp "$odd.txt" "$odd/in.txt"
printf '\xff\xfe,b\nx,2\ny,3\nx,2\nx,3\n' >columns.csv

# expect_hex DIGITS FILE: the JSON in it has these bytes
expect_hex() {
    grep -qE "\"hex\": ?\"$1\"" "$2" || fail "no hex $1 in $(cat "$2")"
    checks=$((checks + 1))
}
train() { run train "$@" --quiet >said 2>&1 || fail "train $*: $(cat said)"; }

# A training of such data gives a model, and goes on.
train made --data "$odd.txt" --valid "$odd/in.txt" --epochs 1 --out made
run info made --json >info.json
expect_hex ${hex}2e747874 info.json
expect_hex ${hex}2f696e2e747874 info.json
train made --data "$odd.txt" --valid "$odd/in.txt" --epochs 2 --out made --resume
train histogram --data "$odd/in.txt" --out histogram
train bernoulli-mixture --data "$odd.txt" --out mixture
train charrnn --set width=8 --set layers=1 --text bytes --data "$odd.log" --epochs 1 --out text
run info text --json >info.json
expect_hex ${hex}2e6c6f67 info.json

# Nothing is left out of a result.
cp made "$odd.model"
run eval "$odd.model" made --data valid.txt --json >two.json
[[ $(grep -c '"family"' two.json) -eq 2 ]] || fail "a model is missing: $(cat two.json)"
expect_hex ${hex}2e6d6f64656c two.json
run eval made "$odd.model" --data "$odd.txt" --json >two.json
expect_hex ${hex}2e747874 two.json
run train made --data valid.txt --epochs 1 --out "$odd.m" --quiet --json >train.json
expect_hex ${hex}2e6d train.json
expect_hex ${hex}2e6d2e636865636b706f696e74 train.json
run sample made --count 2 --out "$odd.npy" --json >sample.json
expect_hex ${hex}2e6e7079 sample.json
run sample text --length 5 --out "$odd.s" --json >sample.json
expect_hex ${hex}2e73 sample.json
run compress made --data valid.txt --out valid.lk --json >/dev/null
run decompress made --data valid.lk --out "$odd.csv" --json >back.json
expect_hex ${hex}2e637376 back.json
run compress text --data "$odd.log" --out log.lk --json >/dev/null
run decompress text --data log.lk --out "$odd.back" --json >back.json
expect_hex ${hex}2e6261636b back.json
expect_same "$odd.log" "$odd.back" "a text of such a name comes back"
run info made --masks "$odd.png" --json >masks.json
expect_hex ${hex}2e706e67 masks.json

# Columns of such a name.
train made --data columns.csv --epochs 1 --out table
run info table --field $'\xff\xfe' --json >field.json
expect_hex fffe field.json
run score table --data columns.csv --json >score.json
expect_hex fffe score.json
run score table --data columns.csv --out score.jsonl >/dev/null
expect_hex fffe score.jsonl
finish
