# Several models on the same data: one table, with the figures that each has alone; models of other
# data are refused before any is run.
. "$(dirname "$0")/lib.sh"
make_rows 80 16 1 >"$work/rows.txt"
train() { run train "$@" --epochs 2 --quiet >/dev/null; }
train made --data "$work/rows.txt" --set hidden=8 --out "$work/made"
train made --data "$work/rows.txt" --set hidden=8 --set masks=3 --out "$work/masks"
train pixelcnn --data "$work/rows.txt" --shape 4x4x1 --set blocks=1 --set channels=2 --set head=2 \
    --out "$work/pixelcnn"
train histogram --data "$work/rows.txt" --out "$work/histogram"
models=(made masks pixelcnn histogram)
run eval "${models[@]/#/$work/}" --data "$work/rows.txt" --json >"$work/table.json"
run eval "${models[@]/#/$work/}" --data "$work/rows.txt" >"$work/table"
[[ $(wc -l <"$work/table") -eq 6 ]] || fail "a line for each of four models: $(cat "$work/table")"
# row NUMBER KEY: of a model in the table
row() { sed -nE "s/^ +\"$2\": \"?([^\",]*)\"?,?\$/\\1/p" "$work/table.json" | sed -n "$1p"; }
for i in "${!models[@]}"; do
    run eval "$work/${models[i]}" --data "$work/rows.txt" --json >"$work/one.json"
    run info "$work/${models[i]}" --json >"$work/info.json"
    for key in nll_nats nll_nats_stderr bits_per_dim; do
        [[ $(row $((i + 1)) $key) == "$(json "$work/one.json" $key)" ]] ||
            fail "${models[i]}: $key is $(row $((i + 1)) $key), alone: $(cat "$work/one.json")"
    done
    [[ $(row $((i + 1)) parameters) == "$(json "$work/info.json" parameters)" ]] ||
        fail "parameters of ${models[i]}"
    [[ $(row $((i + 1)) steps) == "$(json "$work/info.json" sequential_steps)" ]] || fail "steps"
    checks=$((checks + 5))
done
# All masks of an ensemble are computed.
awk -v a="$(row 1 multiply_adds)" -v b="$(row 2 multiply_adds)" 'BEGIN { exit !(b > 2.5 * a) }' ||
    fail "three masks: $(row 2 multiply_adds), one: $(row 1 multiply_adds)"

# And one alone says what each of them gives, which is no less than the mixture on average.
run eval "$work/masks" --data "$work/rows.txt" --json >"$work/one.json"
sed -n '/"variants_nll_nats": \[/,/\]/p' "$work/one.json" | sed -nE 's/^ +([0-9.e+-]+),?$/\1/p' |
    awk -v all="$(json "$work/one.json" nll_nats)" \
        '{ sum += $1 } END { exit !(NR == 3 && sum / 3 >= all && all >= sum / 3 - log(3)) }' ||
    fail "each of three masks: $(cat "$work/one.json")"
run eval "$work/masks" --data "$work/rows.txt" >"$work/one"
[[ $(grep -c 'mask [1-3] alone: [0-9.]* nats per example' "$work/one") -eq 3 ]] ||
    fail "each of three masks: $(cat "$work/one")"

# At another size: both of families that run at any.
make_rows 5 25 2 >"$work/larger.txt"
train pixelrnn --data "$work/rows.txt" --shape 4x4x1 --set layers=1 --set channels=2 --set head=2 \
    --out "$work/pixelrnn"
run eval "$work/pixelcnn" "$work/pixelrnn" --data "$work/larger.txt" --shape 5x5x1 --json \
    >"$work/table.json"
[[ $(row 1 steps) -eq 25 && $(row 2 steps) -eq 25 ]] || fail "steps of another size"

# Texts: bytes and characters are compared by bits of a byte.
for i in $(seq 40); do echo "line $i of a téxt"; done >"$work/text"
for kind in bytes utf8; do
    train charrnn --data "$work/text" --text $kind --set width=4 --set layers=1 --window 16 \
        --out "$work/$kind"
done
run eval "$work/bytes" "$work/utf8" --data "$work/text" --json >"$work/table.json"
for i in 1 2; do
    kind=$([[ $i -eq 1 ]] && echo bytes || echo utf8)
    run eval "$work/$kind" --data "$work/text" --json >"$work/one.json"
    for key in nats_per_symbol bits_per_byte; do
        [[ $(row $i $key) == "$(json "$work/one.json" $key)" ]] || fail "$kind: $key"
    done
done

# --out: a row for each model, for each example, for each text; CSV and lines of JSON say the same.
run eval "$work/bytes" "$work/utf8" --data "$work/text" --out "$work/table.csv" --json \
    >"$work/table.json"
[[ $(head -1 "$work/table.csv") == \
    model,family,parameters,nats_per_symbol,bits_per_byte,multiply_adds,steps,of ]] ||
    fail "columns: $(head -1 "$work/table.csv")"
awk -F, -v a="$(row 1 bits_per_byte)" -v b="$(row 2 bits_per_byte)" '
    NR == 2 && ($5 - a) ^ 2 < 1e-12 || NR == 3 && ($5 - b) ^ 2 < 1e-12 { n++ }
    END { exit n != 2 }' "$work/table.csv" || fail "the table: $(cat "$work/table.csv")"
run eval "${models[@]/#/$work/}" --data "$work/rows.txt" --out "$work/table.jsonl" >/dev/null
[[ $(wc -l <"$work/table.jsonl") -eq 4 ]] || fail "four models: $(cat "$work/table.jsonl")"
run eval "$work/made" --data "$work/rows.txt" --out "$work/each.csv" --json >"$work/one.json"
run score "$work/made" --data "$work/rows.txt" --out "$work/scores.csv" >/dev/null
expect_same <(cut -d, -f1-3 "$work/scores.csv") "$work/each.csv" "what score says of each example"
awk -F, -v mean="$(json "$work/one.json" nll_nats)" 'NR > 1 { sum += $2 }
    END { exit (sum / (NR - 1) - mean) ^ 2 > 1e-10 }' "$work/each.csv" || fail "the mean"
run eval "$work/made" --data "$work/rows.txt" --out "$work/each.jsonl" >/dev/null
expect_same <(tail -n +2 "$work/each.csv") \
    <(sed -E 's/.*"example":([^,]*),"nll_nats":([^,]*),"bits_per_dim":([^}]*)}/\1,\2,\3/' \
        "$work/each.jsonl") "lines of JSON"
run eval "$work/made" --data "$work/rows.txt" --out - 2>/dev/null | cat >"$work/dash"
expect_same "$work/each.csv" "$work/dash" "to standard output"
mkdir "$work/texts"
head -5 "$work/text" >"$work/texts/a"
head -9 "$work/text" >"$work/texts/b \"quoted\""
run eval "$work/bytes" --data "$work/texts" --out "$work/each.csv" >/dev/null
[[ $(head -1 "$work/each.csv") == text,name,symbols,bytes,nll_nats,bits_per_byte &&
    $(tail -1 "$work/each.csv") == "2,\"$work/texts/b \"\"quoted\"\"\","* ]] ||
    fail "of texts: $(cat "$work/each.csv")"
printf '0\n1\n%.0s' $(seq 40) >"$work/labels"
train made --data "$work/rows.txt" --labels "$work/labels" --condition label --set hidden=8 \
    --out "$work/labelled"
run eval "$work/labelled" --data "$work/rows.txt" --labels "$work/labels" --classify --json \
    --out "$work/each.csv" >"$work/one.json"
[[ $(head -1 "$work/each.csv") == example,nll_nats,bits_per_dim,label,most_probable ]] ||
    fail "labels: $(head -1 "$work/each.csv")"
awk -F, -v accuracy="$(json "$work/one.json" accuracy)" 'NR > 1 && $4 == $5 { right++ }
    END { exit (right / (NR - 1) - accuracy) ^ 2 > 1e-10 }' "$work/each.csv" || fail "accuracy"
for ending in json txt csv.gz; do
    expect_status 2 'a table, NAME.csv or NAME.jsonl' eval "$work/made" --data "$work/missing" \
        --out "$work/no.$ending"
done
expect_status 1 'over an input' eval "$work/made" "$work/masks" --data "$work/rows.txt" \
    --out "$work/masks"
expect_status 1 'over an input' eval "$work/made" --data "$work/rows.txt" --out "$work/rows.txt"
checks=$((checks + 7))

# Others are refused, in the table and as a background.
printf '%s\n' 0,1,2,0 1,1,2,0 2,2,0,1 >"$work/three.csv"
train uniform --data "$work/three.csv" --out "$work/three"
printf 'a,b\nx,y\nz,y\nx,w\n' >"$work/words.csv"
train uniform --data "$work/words.csv" --out "$work/words"
printf 'a,b\nx,y\nq,y\nx,w\n' >"$work/others.csv"
train uniform --data "$work/others.csv" --out "$work/others"
make_rows 30 9 3 >"$work/nine.txt"
train uniform --data "$work/nine.txt" --out "$work/nine"
expect_status 1 'three is of an alphabet of 3, but .*made of 2' eval "$work/made" "$work/three" \
    --data "$work/missing"
expect_status 1 'utf8 is of texts, but .*made is of examples' eval "$work/made" "$work/utf8" \
    --data "$work/missing"
expect_status 1 'nine is of examples of 9, but .*made of 16' eval "$work/made" "$work/nine" \
    --data "$work/missing"
expect_status 1 'others is of a table with other columns' eval "$work/words" "$work/others" \
    --data "$work/words.csv"
expect_status 2 'classify is of one model' eval "$work/made" "$work/masks" --classify \
    --data "$work/rows.txt"
expect_status 1 'nine is of examples of 9' score "$work/made" --against "$work/nine" \
    --data "$work/rows.txt"
expect_status 1 'utf8 is of texts' score "$work/made" --against "$work/utf8" --data "$work/rows.txt"
expect_status 1 'others is of a table' score "$work/words" --against "$work/others" \
    --data "$work/words.csv"

# Grey values are made binary for all models alike, when it is asked for.
awk 'BEGIN { srand(2); for (i = 0; i < 40; i++) { for (v = 0; v < 16; v++)
    printf "%s%d", v ? "," : "", 255 * rand(); print "" } }' >"$work/grey.csv"
for how in threshold sample; do
    train made --data "$work/grey.csv" --alphabet 256 --binarize $how --set hidden=4 \
        --out "$work/$how"
done
expect_status 1 'trained with --binarize threshold: say so again' eval "$work/threshold" \
    "$work/sample" --data "$work/grey.csv" --alphabet 256
run eval "$work/threshold" "$work/sample" --data "$work/grey.csv" --alphabet 256 \
    --binarize threshold >"$work/table"
checks=$((checks + 6))
finish
