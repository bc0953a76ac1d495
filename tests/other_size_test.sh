# Images of another size than the model's: evaluated, scored, coded and restored; families that
# cannot say who can.
. "$(dirname "$0")/lib.sh"
make_rows 300 20 1 >"$work/train.txt"
make_rows 60 20 2 >"$work/valid.txt"
make_rows 12 99 3 >"$work/large.txt"
make_rows 12 20 4 >"$work/own.txt"
run train pixelcnn --data "$work/train.txt" --valid "$work/valid.txt" --shape 5x4x1 \
    --out "$work/m" --epochs 2 --quiet --set blocks=1 --set channels=4 --set head=5 >/dev/null

run eval "$work/m" --data "$work/large.txt" --shape 9x11x1 --json >"$work/eval"
[[ $(json "$work/eval" examples) -eq 12 && $(json "$work/eval" dimensions) -eq 99 ]] ||
    fail "eval: $(cat "$work/eval")"
run compress "$work/m" --data "$work/large.txt" --shape 9x11x1 --out "$work/c" --json \
    >"$work/report"
awk -v a="$(json "$work/eval" bits_per_dim)" -v b="$(json "$work/report" model_bits_per_dim)" \
    'BEGIN { d = a - b; exit !(d < 1e-9 && d > -1e-9) }' ||
    fail "eval and compress disagree: $(cat "$work/eval" "$work/report")"
for threads in 1 3; do
    run eval "$work/m" --data "$work/large.txt" --shape 9x11x1 --json --threads $threads \
        --batch-size $threads >"$work/eval2"
    expect_same "$work/eval" "$work/eval2" "eval with $threads threads"
    run compress "$work/m" --data "$work/large.txt" --shape 9x11x1 --out "$work/c2" \
        --threads $threads >/dev/null
    expect_same "$work/c" "$work/c2" "compressed with $threads threads"
    run decompress "$work/m" --data "$work/c" --out "$work/restored.txt" --threads $threads \
        >/dev/null
    expect_same "$work/large.txt" "$work/restored.txt" "restored with $threads threads"
done
run score "$work/m" --data "$work/large.txt" --shape 9x11x1 --out "$work/scores.csv" >"$work/score"
grep -q 'no p-values: the held-out examples were of the model.s own size' "$work/score" ||
    fail "score: $(cat "$work/score")"
head -1 "$work/scores.csv" | grep -q p_value && fail "p-values for another size"
run score "$work/m" --data "$work/own.txt" --shape 5x4x1 --out "$work/scores.csv" >/dev/null
head -1 "$work/scores.csv" | grep -q p_value || fail "no p-values for the model's own size"

# Maps: of the model's own size and of another, of one network and of a mixture; the legend.
run score "$work/m" --data "$work/large.txt" --shape 9x11x1 --map "$work/map.png" --json \
    >"$work/score"
awk -v white="$(json "$work/score" bits_drawn_white)" \
    -v largest="$(json "$work/score" largest_bits)" \
    'BEGIN { exit !(white > 0 && white <= largest * 1.0001) }' ||
    fail "legend: $(head -20 "$work/score")"
head -c 4 "$work/map.png" | grep -q PNG || fail "map.png is no PNG"
run score "$work/m" --data "$work/large.txt" --shape 9x11x1 --map "$work/map.png" --map-scale 2.5 \
    >"$work/score"
grep -q 'map of 12 examples: black 0, white 2.500 bits a variable or more' "$work/score" ||
    fail "legend: $(cat "$work/score")"
run train made --data "$work/train.txt" --out "$work/masks" --epochs 1 --quiet --set hidden=4 \
    --set masks=3 >/dev/null
run score "$work/masks" --data "$work/own.txt" --map "$work/map.png" >/dev/null
expect_status 2 'map.npy: a map is a picture' score "$work/m" --data "$work/own.txt" \
    --map "$work/map.npy"

expect_status 1 'need as many channels, and a shape' eval "$work/m" --data "$work/large.txt"
expect_status 1 'need as many channels' eval "$work/m" --data "$work/large.txt" --shape 3x11x3
run train made --data "$work/train.txt" --shape 5x4x1 --out "$work/made" --epochs 1 --quiet \
    --set hidden=4 >/dev/null
expect_status 1 'large.txt.*9x11x1.*5x4x1.*families conv1d wavenet pixelcnn' eval "$work/made" \
    --data "$work/large.txt" --shape 9x11x1
expect_status 1 'families conv1d wavenet pixelcnn' compress "$work/made" --data "$work/large.txt" \
    --shape 9x11x1 --out "$work/no"
finish
