# A model of p(x | label) draws what the label says, and is checked with labels; models that are
# given none refuse one.
. "$(dirname "$0")/lib.sh"
awk 'BEGIN { srand(1)
    for (i = 0; i < 600; i++) {
        line = ""
        for (v = 0; v < 6; v++) line = line (rand() < (i % 2 ? 0.95 : 0.05))
        print line } }' >"$work/train.txt"
awk 'BEGIN { for (i = 0; i < 600; i++) print (i % 2 ? "full" : "empty") }' >"$work/words.txt"
awk 'BEGIN { for (i = 0; i < 600; i++) print i % 2 }' >"$work/numbers.txt"
train() {
    run train made --data "$work/train.txt" --labels "$work/$1.txt" --condition label --quiet \
        --out "$work/$1" --epochs 60 --learning-rate 0.01 --set hidden=6 >/dev/null
}
train words
train numbers
# ones MODEL LABEL: how many of 600 values that are drawn are 1
ones() {
    run sample "$work/$1" --count 100 --label "$2" --out "$work/$1.csv" >/dev/null
    tr -cd 1 <"$work/$1.csv" | wc -c
}
[[ $(ones words full) -gt 500 && $(ones words empty) -lt 100 ]] || fail "classes with names"
[[ $(ones numbers 1) -gt 500 && $(ones numbers 0) -lt 100 ]] || fail "labels that are numbers"
expect_status 1 "no label \"half\": the model knows 'empty', 'full'" sample "$work/words" \
    --count 1 --label half --out "$work/no.csv"
expect_status 1 "no label \"2\": the model knows '0', '1'" sample "$work/numbers" --count 1 \
    --label 2 --out "$work/no.csv"
expect_status 1 'no label is given \(--label\)' sample "$work/words" --count 1 --out "$work/no.csv"
run train made --data "$work/train.txt" --quiet --out "$work/plain" --epochs 1 >/dev/null
expect_status 1 'not given labels' sample "$work/plain" --count 1 --label 1 --out "$work/no.csv"

for data in "" "--data $work/train.txt --labels $work/words.txt"; do
    run check "$work/words" $data >"$work/check" || fail "check $data: $(cat "$work/check")"
done
grep -q 'given label 1, sum to' "$work/check" || fail "sums: $(cat "$work/check")"
expect_status 1 'no labels' check "$work/words" --data "$work/train.txt"
finish
