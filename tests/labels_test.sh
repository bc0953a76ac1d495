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
expect_status 1 'not given labels: leave out --label$' sample "$work/plain" \
    --count 1 --label 1 --out "$work/no.csv"

# All labels in turn: sample i is that of its seed and its label.
run sample "$work/words" --count 5 --label each --out "$work/each.csv" >/dev/null
for label in empty full; do
    run sample "$work/words" --count 5 --label $label --out "$work/$label.csv" >/dev/null
done
for i in 1 2 3 4 5; do
    sed -n "${i}p" "$work/$([[ $((i % 2)) -eq 1 ]] && echo empty || echo full).csv"
done >"$work/in-turn.csv"
expect_same "$work/in-turn.csv" "$work/each.csv" "--label each"
expect_status 1 'goes with one label' sample "$work/words" --count 1 --label each \
    --given "$work/each.csv" --out "$work/no.csv"
expect_status 1 'not given labels: leave out --label$' sample "$work/plain" \
    --count 1 --label each --out "$work/no.csv"

# --given: a label that is held stays, one that is open is that of --label, another is refused.
awk 'BEGIN { print "colour,size,shape"; split("red,blue,green", c, ",")
    for (i = 0; i < 60; i++) print c[1 + i % 3] "," (i % 2 ? "S" : "M") "," (i % 5 ? "o" : "x") }' \
    >"$work/shapes.csv"
run train made --data "$work/shapes.csv" --condition colour --quiet --out "$work/shapes" \
    --epochs 1 --set hidden=4 >/dev/null
# drawn TEXT OPTIONS...: colour and size of four samples
drawn() {
    printf "$1" >"$work/given.csv"
    run sample "$work/shapes" --count 4 --given "$work/given.csv" --out "$work/drawn.csv" \
        "${@:2}" >/dev/null || fail "sample --given $*"
    tail -n +2 "$work/drawn.csv" | cut -d, -f1,2 | paste -sd' '
}
[[ $(drawn 'colour,size\nblue,S\nred,M\n') == "blue,S red,M blue,S red,M" ]] ||
    fail "held labels: $(cat "$work/drawn.csv")"
[[ $(drawn 'size,colour\nS,?\nM,red\n' --label red) == "red,S red,M red,S red,M" ]] ||
    fail "open labels: $(cat "$work/drawn.csv")"
[[ $(drawn 'size\nS\n' --label green) == "green,S green,S green,S green,S" ]] ||
    fail "no labels: $(cat "$work/drawn.csv")"
held() {
    expect_status 1 "$1" sample "$work/shapes" --count 4 --out "$work/drawn.csv" \
        --given <(printf "$2") "${@:3}"
}
held "example 2 holds the label 'blue', and another one is asked for" \
    'colour,size\n?,S\nblue,S\n' --label red
held 'example 1 leaves its label open.*give one \(--label\)' 'colour,size\n,S\nblue,S\n'
held 'no label "pink": the model knows' 'colour,size\npink,S\n'
sed 's/red/3/; s/blue/1/; s/green/2/; s/S/0/; s/M/1/; s/o/0/; s/x/1/' "$work/shapes.csv" |
    sed 's/.*[a-z].*/colour,size,shape/' >"$work/whole.csv"
run train made --data "$work/whole.csv" --condition colour --quiet --out "$work/whole" \
    --epochs 1 --set hidden=4 >/dev/null
run sample "$work/whole" --count 2 --out "$work/drawn.csv" >/dev/null \
    --given <(printf 'colour,size,shape\n3,1,?\n2,0,?\n')
expect_same <(tail -n +2 "$work/drawn.csv" | cut -d, -f1,2) <(printf '3,1\n2,0\n') "integers"
expect_status 1 "holds the label '3'" sample "$work/whole" --count 2 --out "$work/drawn.csv" \
    --given <(printf 'colour,size,shape\n3,1,?\n') --label 1

# A label is its spelling: 007, 01 and 1 are three classes, in files, folders, columns and results.
head -60 "$work/train.txt" >"$work/sixty.txt"
for ((i = 0; i < 20; i++)); do printf '007\n01\n1\n'; done >"$work/three"
run train made --data "$work/sixty.txt" --labels "$work/three" --condition label --quiet \
    --out "$work/spelled" --epochs 1 --set hidden=4 >/dev/null
expect_status 1 "the model knows '01', '1', '007'" sample "$work/spelled" --count 1 --label 7 \
    --out "$work/no.csv"
# label_of CSV: of the first three examples
label_of() {
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at = $i == "label" ? i : at }
        NR > 1 && NR < 5 { print $at }' "$1"
}
run score "$work/spelled" --data "$work/sixty.txt" --labels "$work/three" --out "$work/s.csv" \
    >/dev/null
run score "$work/spelled" --data "$work/sixty.txt" --labels "$work/three" --out "$work/s.jsonl" \
    >/dev/null
expect_same <(label_of "$work/s.csv") <(printf '"007"\n"01"\n1\n') "scores as CSV"
expect_same <(grep -oE '"label":[^,]*' "$work/s.jsonl" | head -3) \
    <(printf '"label":%s\n' '"007"' '"01"' 1) "scores as JSON"
run eval "$work/spelled" --data "$work/sixty.txt" --labels "$work/three" --out "$work/e.csv" \
    >/dev/null
expect_same <(label_of "$work/e.csv") <(printf '"007"\n"01"\n1\n') "likelihoods as CSV"
run compress "$work/spelled" --data "$work/sixty.txt" --labels "$work/three" --out "$work/c" \
    >/dev/null
run decompress "$work/spelled" --data "$work/c" --out "$work/back.npz" >"$work/told"
grep -q 'labels are left out' "$work/told" || fail "labels of an NPZ: $(cat "$work/told")"
run decompress "$work/spelled" --data "$work/c" --out "$work/back.txt" --labels "$work/back" \
    >/dev/null
expect_same "$work/three" "$work/back" "labels that were written"
run eval "$work/spelled" --data "$work/back.txt" --labels "$work/back" --json >"$work/eval"
expect_same <(run eval "$work/spelled" --data "$work/sixty.txt" --labels "$work/three" --json) \
    "$work/eval" "the model takes what it wrote"
{ echo colour,x,y; sed 's/$/,a,b/' "$work/three"; } >"$work/column.csv"
run train made --data "$work/column.csv" --condition colour --quiet --out "$work/column" \
    --epochs 1 --set hidden=4 >/dev/null
run score "$work/column" --data "$work/column.csv" --out "$work/s.csv" >/dev/null
expect_same <(label_of "$work/s.csv") <(printf '"007"\n"01"\n1\n') "a column"

# The same number in another notation is the same class, where there is but one.
sed 's/$/.000e+00/' "$work/numbers.txt" >"$work/floats.txt"
expect_same <(run eval "$work/numbers" --data "$work/train.txt" --labels "$work/numbers.txt") \
    <(run eval "$work/numbers" --data "$work/train.txt" --labels "$work/floats.txt") "1.0 is 1"
expect_status 1 "the label '00', but the classes are '0', '1'" eval "$work/numbers" \
    --data "$work/train.txt" --labels <(sed 's/^/0/' "$work/numbers.txt")

# Texts: labels of folders, or of a file, in every verb.
mkdir -p "$work/texts/down" "$work/texts/up" "$work/flat"
for i in 1 2 3; do
    seq "$i" 60 >"$work/texts/up/$i"
    seq 60 -1 "$i" | tr 0-9 a-j >"$work/texts/down/$i"
    cp "$work/texts/up/$i" "$work/flat/up$i"
    cp "$work/texts/down/$i" "$work/flat/down$i"
done
printf '%s\n' down down down up up up >"$work/six"
printf '%s\n' up up up down down down >"$work/swapped"
echo up >"$work/up" && echo down >"$work/down"
text() {
    run train charrnn --text bytes --condition label --set width=8 --set layers=1 --quiet \
        --epochs 60 --learning-rate 0.01 --valid-fraction 0 --out "$@" >/dev/null
}
text "$work/t" --data "$work/texts"
text "$work/f" --data "$work/flat" --labels "$work/six"
nats() { run eval "$1" --json "${@:2}" >"$work/eval.json" && json "$work/eval.json" nll_nats; }
whole=$(nats "$work/t" --data "$work/texts")
[[ $(nats "$work/t" --data "$work/texts" --labels "$work/six") = "$whole" ]] || fail "a file"
[[ $(nats "$work/t" --data "$work/flat" --labels "$work/six") = "$whole" ]] || fail "no folders"
[[ $(nats "$work/f" --data "$work/texts") = "$whole" ]] || fail "trained with a file of labels"
apart() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a + 1 < b) }'; }
apart "$whole" "$(nats "$work/t" --data "$work/texts" --labels "$work/swapped")" ||
    fail "other labels: $(cat "$work/eval.json")"
one=$work/texts/up/2
apart "$(nats "$work/t" --data "$one" --labels "$work/up")" \
    "$(nats "$work/t" --data "$one" --labels "$work/down")" || fail "one text"
apart "$(nats "$work/t" --data "$one" --from 5 --symbols 50 --labels "$work/up")" \
    "$(nats "$work/t" --data "$one" --from 5 --symbols 50 --labels "$work/down")" || fail "a part"
run score "$work/t" --data "$work/texts" --out "$work/lines.csv" --json >"$work/eval.json"
[[ $(json "$work/eval.json" nll_nats) = "$whole" && $(json "$work/eval.json" texts) -eq 6 ]] ||
    fail "score of texts: $(head -8 "$work/eval.json")"
[[ $(head -1 "$work/lines.csv") = text,line,symbols,* && $(wc -l <"$work/lines.csv") -eq 355 &&
    $(cut -d, -f1 "$work/lines.csv" | sort -u | wc -l) -eq 7 ]] || fail "lines of texts"
[[ $(sed -n 2p "$work/lines.csv") = '"down/1",1,3,'* ]] || fail "$(sed -n 2p "$work/lines.csv")"
run score "$work/t" --data "$work/texts" --out "$work/lines.jsonl" >"$work/told"
[[ $(head -1 "$work/lines.jsonl") = '{"text":"down/1","line":1,'* ]] || fail "lines as JSON"
grep -qE '^6 texts: 354 lines' "$work/told" && grep -qE '  \((up|down)/[123]\)$' "$work/told" ||
    fail "score of texts: $(cat "$work/told")"
run score "$work/t" --data "$one" --labels "$work/up" --out "$work/one.csv" \
    --map "$work/one.html" >/dev/null
[[ $(head -1 "$work/one.csv") = line,symbols,* ]] || fail "lines of one text"
for data in "$one $work/up" "$work/flat $work/six"; do
    read -r from label <<<"$data"
    run compress "$work/t" --data "$from" --labels "$label" --out "$work/c" >/dev/null
    rm -rf "$work/text-back"
    run decompress "$work/t" --data "$work/c" --out "$work/text-back" >/dev/null
    diff -r "$from" "$work/text-back" || fail "texts come back"
    run check "$work/t" --data "$from" --labels "$label" >"$work/check" || cat "$work/check"
done
none='p\(x \| label\), and no folder.*\(--labels PATH'
expect_status 1 "$none" score "$work/t" --data "$one"
expect_status 1 "$none" eval "$work/t" --data "$one"
expect_status 1 "$none" compress "$work/t" --data "$one" --out "$work/c"
for out in "" "--out $work/none-of-them.txt"; do
    expect_status 1 'no label is given' sample "$work/t" --count 2 --length 5 $out
    [[ ! -s $work/stdout && -z $(ls "$work" | grep none-of-them) ]] ||
        fail "written before the refusal: $(head -2 "$work/stdout")"
done
mkdir "$work/S"
for out in "$work/S" "$work/S/" "$work/new/"; do
    for count in 1 2; do
        expect_status 1 'names a folder; name a file' sample "$work/t" --label each \
            --count $count --length 5 --out "$out"
    done
done
[[ -z $(ls "$work/S") && ! -e $work/S-1 && ! -e $work/new ]] || fail "texts in a folder"
expect_status 1 '1 labels, but the data have 6' eval "$work/t" --data "$work/texts" \
    --labels "$work/up"
expect_status 1 'none: cannot open' eval "$work/t" --data "$work/texts" --labels "$work/none"
expect_status 1 'label "left": the model knows' eval "$work/t" --data "$one" --labels <(echo left)
expect_status 1 'a page shows one text' score "$work/t" --data "$work/texts" --map "$work/x.html"
expect_status 2 'is for models of p\(x \| label\)' check "$work/plain" --data "$work/train.txt" \
    --labels "$work/numbers.txt"
expect_status 2 'is for models of p\(x \| label\)' eval "$work/plain" "$work/plain" \
    --data "$work/train.txt" --labels "$work/numbers.txt"

for data in "" "--data $work/train.txt --labels $work/words.txt"; do
    run check "$work/words" $data >"$work/check" || fail "check $data: $(cat "$work/check")"
done
grep -q 'given label 1, sum to' "$work/check" || fail "sums: $(cat "$work/check")"
expect_status 1 'no labels' check "$work/words" --data "$work/train.txt"
finish
