# Train once, then every job, as a user would; results must not depend on threads, instruction set
# or schedule.
. "$(dirname "$0")/lib.sh"
make_rows 400 20 1 >"$work/train.txt"
make_rows 100 20 2 >"$work/valid.txt"
make_rows 150 20 3 >"$work/test.txt"
gzip -k "$work/test.txt"
run train made --data "$work/train.txt" --valid "$work/valid.txt" --out "$work/m" --set hidden=30 \
    --epochs 40 --batch-size 20 --learning-rate 0.01 --quiet >"$work/log"

run info "$work/m" --json >"$work/info"
[[ $(json "$work/info" sequential_steps) -eq 20 ]] || fail "20 steps expected: $(cat "$work/info")"
forward=$(json "$work/info" multiply_adds_forward)
[[ $(json "$work/info" multiply_adds_naive_sample) -eq $((20 * forward)) ]] || fail "naive cost"
run info "$work/m" --curve "$work/curve.svg" >/dev/null
grep -q '1f77b4' "$work/curve.svg" && grep -q 'd62728' "$work/curve.svg" ||
    fail "a curve of training and one of validation: $(cat "$work/curve.svg")"
run info "$work/m" --curve "$work/curve.png" >/dev/null
[[ $(head -c 24 "$work/curve.png" | od -An -tx1 | tr -d ' \n') == \
    89504e470d0a1a0a0000000d49484452000005a000000348 ]] || fail "no PNG of 1440 x 840"
expect_status 1 'a curve is drawn as .svg or .png' info "$work/m" --curve "$work/curve.pdf"

run eval "$work/m" --data "$work/test.txt" --json >"$work/eval"
[[ $(json "$work/eval" examples) -eq 150 && $(json "$work/eval" dimensions) -eq 20 ]] ||
    fail "eval counts: $(cat "$work/eval")"
awk -v nll="$(json "$work/eval" nll_nats)" -v bits="$(json "$work/eval" bits_per_dim)" 'BEGIN {
    d = nll / 20 / log(2) - bits; exit !(d < 1e-9 && d > -1e-9 && nll < 20 * log(2)) }' ||
    fail "eval: $(cat "$work/eval")"

isas="scalar"
for isa in avx2 avx512 neon; do
    LIKELY_ISA=$isa run info "$work/m" >/dev/null 2>&1 && isas="$isas $isa"
done
for isa in $isas; do
    for threads in 1 2 7; do
        export LIKELY_ISA=$isa
        run eval "$work/m" --data "$work/test.txt.gz" --json --threads $threads \
            --batch-size $((threads * 9)) >"$work/eval2"
        expect_same "$work/eval" "$work/eval2" "eval with $isa and $threads threads"
        run sample "$work/m" --count 33 --out "$work/s-$isa-$threads.txt" --threads $threads \
            --seed 9 >/dev/null
        expect_same "$work/s-scalar-1.txt" "$work/s-$isa-$threads.txt" \
            "samples with $isa and $threads threads"
        run compress "$work/m" --data "$work/test.txt" --out "$work/c-$isa-$threads" \
            --threads $threads >/dev/null
        expect_same "$work/c-scalar-1" "$work/c-$isa-$threads" \
            "compressed with $isa and $threads threads"
    done
done
unset LIKELY_ISA
run sample "$work/m" --count 33 --out "$work/naive.txt" --schedule naive --seed 9 --batch-size 5 \
    >/dev/null
expect_same "$work/s-scalar-1.txt" "$work/naive.txt" "naive and incremental samples"

run decompress "$work/m" --data "$work/c-scalar-1" --out "$work/restored.txt" --threads 7 >/dev/null
expect_same "$work/test.txt" "$work/restored.txt" "restored data"

# Completing: the first 12 variables are held, the rest drawn.
run sample "$work/m" --count 150 --given "$work/test.txt" --given-variables 12 \
    --out "$work/completed.txt" >/dev/null
expect_same <(cut -c1-12 "$work/test.txt") <(cut -c1-12 "$work/completed.txt") "held variables"
echo '1,0 1' >"$work/given.txt"
run sample "$work/m" --count 7 --given "$work/given.txt" --out "$work/given7.txt" >/dev/null
expect_same <(printf '101\n%.0s' 1 2 3 4 5 6 7) <(cut -c1-3 "$work/given7.txt") "given values"
expect_status 1 'variable 1, which comes before' sample "$work/m" --count 1 --given <(echo '? 1') \
    --out "$work/no.txt"

# Detecting: uniform noise against data of the training kind.
{
    head -75 "$work/test.txt"
    awk 'BEGIN { srand(5)
        for (i = 0; i < 75; i++) {
            s = ""
            for (v = 0; v < 20; v++) s = s (rand() < 0.5)
            print s
        } }'
} >"$work/mixed.txt"
awk 'BEGIN { for (i = 0; i < 150; i++) print (i >= 75) }' >"$work/labels.txt"
run score "$work/m" --data "$work/mixed.txt" --labels "$work/labels.txt" --out "$work/scores.csv" \
    --map "$work/map.png" --json >"$work/score"
awk -v a="$(json "$work/score" auroc)" 'BEGIN { exit !(a > 0.8 && a <= 1) }' ||
    fail "AUROC: $(json "$work/score" auroc)"
[[ $(wc -l <"$work/scores.csv") -eq 151 ]] || fail "scores.csv: a line for each example expected"
head -c 4 "$work/map.png" | grep -q PNG || fail "map.png is no PNG"
awk -F, 'NR > 1 && !($5 > 0 && $5 <= 1) && !($4 > 0 && $4 <= 1) { exit 1 }' "$work/scores.csv" ||
    fail "p-values outside (0, 1]"

# What the figures can say and what they cannot.
awk -v p="$(json "$work/score" least_p_value)" 'BEGIN { exit !(p > 1 / 101.5 && p < 1 / 100.5) }' ||
    fail "the least p-value of 100 held-out examples: $(json "$work/score" least_p_value)"
awk '{ print 1 - $1 }' "$work/labels.txt" >"$work/turned.txt"
run score "$work/m" --data "$work/mixed.txt" --labels "$work/turned.txt" >"$work/score"
grep -q 'AUROC far below one half.*--complexity' "$work/score" ||
    fail "no hint: $(cat "$work/score")"
grep -q 'least p-value .* is 0.0099' "$work/score" || fail "no least p-value: $(cat "$work/score")"
run score "$work/m" --data "$work/mixed.txt" --labels "$work/labels.txt" >"$work/score"
grep -q 'far below' "$work/score" && fail "a hint for a good AUROC"
# What is nearly impossible costs less than it should: 24 bits, not 40.
awk 'BEGIN { for (i = 0; i < 400; i++) print "0 1" }' >"$work/always"
awk 'BEGIN { for (i = 0; i < 400; i++) print "1 0" }' >"$work/never"
run train histogram --data "$work/always" --set smoothing=1e-10 --valid-fraction 0 \
    --out "$work/h" --quiet >/dev/null
run compress "$work/h" --data "$work/never" --out "$work/h.lk" >"$work/log"
grep -qE 'over likelihood: -[0-9.]+ % \(less: no symbol costs more than 24 bits' "$work/log" ||
    fail "below the likelihood, and not told why: $(cat "$work/log")"
run decompress "$work/h" --data "$work/h.lk" --out "$work/never.amat" >/dev/null
expect_same "$work/never" "$work/never.amat" "what is nearly impossible"
head -1 "$work/test.txt" >"$work/one.txt"
run compress "$work/m" --data "$work/one.txt" --out "$work/one.lk" >"$work/log"
grep -q "^larger than what was compressed: $(stat -c %s "$work/one.lk") bytes of 21" "$work/log" ||
    fail "larger than before, and not told: $(cat "$work/log")"
run compress "$work/m" --data "$work/test.txt" --out "$work/c" >"$work/log"
grep -q '^larger' "$work/log" && fail "not larger: $(cat "$work/log")"
checks=$((checks + 6))

run check "$work/m" >"$work/check" || fail "check: $(cat "$work/check")"
# A column that numbers the rows is left out, and check keeps nothing.
printf ',a,b\n0,1,0\n1,0,1\n2,1,1\n3,0,0\n' >"$work/numbered.csv"
run train made --data "$work/numbered.csv" --epochs 1 --quiet --out "$work/numbered" >/dev/null
run check "$work/numbered" --data "$work/numbered.csv" >"$work/check" ||
    fail "check of a numbered table: $(cat "$work/check")"
expect_status 1 'the file holds more' compress "$work/numbered" --data "$work/numbered.csv" \
    --out "$work/no"
run check "$work/m" --data "$work/test.txt" --json >"$work/check" ||
    fail "check: $(cat "$work/check")"
run models >"$work/models"
for family in uniform histogram bernoulli-mixture bayesnet made conv1d charrnn; do
    grep -q "^$family:" "$work/models" || fail "models lists no $family"
    run train $family --data "$work/train.txt" --valid "$work/valid.txt" --out "$work/$family" \
        --epochs 2 --quiet >/dev/null
    run check "$work/$family" >"$work/check" || fail "check of $family: $(cat "$work/check")"
    run compress "$work/$family" --data "$work/test.txt" --out "$work/$family.lk" >/dev/null
    run decompress "$work/$family" --data "$work/$family.lk" --out "$work/$family.txt" >/dev/null
    expect_same "$work/test.txt" "$work/$family.txt" "$family restores"
done
expect_status 1 'give their shape, as --shape 28x28x1' train pixelcnn --data "$work/train.txt" \
    --out "$work/pixelcnn"
run train pixelcnn --data "$work/train.txt" --shape 5x4x1 --out "$work/pixelcnn" --epochs 1 \
    --quiet --set blocks=1 --set channels=4 --set head=5 >/dev/null
run check "$work/pixelcnn" >"$work/check" || fail "check of pixelcnn: $(cat "$work/check")"
run sample "$work/pixelcnn" --count 3 --out "$work/pixels.png" >/dev/null
while read -r family settings; do
    m=$work/$family
    read -r -a settings <<<"$settings"
    run train "$family" --data "$work/train.txt" --shape 5x4x1 --out "$m" --epochs 1 --quiet \
        "${settings[@]/#/--set=}" >/dev/null
    run check "$m" >"$work/check" || fail "check of $family: $(cat "$work/check")"
    run compress "$m" --data "$work/test.txt" --out "$m.lk" >/dev/null
    run decompress "$m" --data "$m.lk" --out "$m.txt" >/dev/null
    expect_same "$work/test.txt" "$m.txt" "$family restores"
done <<'FAMILIES'
gated-pixelcnn layers=2 channels=4 head=5
lmconv blocks=1 channels=4
pixelcnn++ depth=1 levels=2 filters=3
pixelsnail blocks=1 channels=4
subscale layers=2 channels=4 blocks=1 embedding=4 stride=3
image-transformer layers=1 width=8 local=2d block=2,2
multiscale blocks=1 channels=4
pyramid blocks=1 channels=4
FAMILIES
for kind in row diagonal; do
    run train pixelrnn --data "$work/train.txt" --shape 5x4x1 --out "$work/$kind" --epochs 1 \
        --quiet --set kind=$kind --set layers=1 --set channels=4 --set head=5 >/dev/null
    run check "$work/$kind" >"$work/check" ||
        fail "check of pixelrnn, kind=$kind: $(cat "$work/check")"
    run compress "$work/$kind" --data "$work/test.txt" --out "$work/$kind.lk" >/dev/null
    run decompress "$work/$kind" --data "$work/$kind.lk" --out "$work/$kind.txt" >/dev/null
    expect_same "$work/test.txt" "$work/$kind.txt" "pixelrnn, kind=$kind restores"
done

# Text as raw bytes, in rows.
for i in $(seq 1 200); do echo "row $((i % 7)) of a text"; done >"$work/text"
run train charrnn --data "$work/text" --raw --shape 20 --out "$work/text.likely" --set width=8 \
    --epochs 2 --quiet >/dev/null
run eval "$work/text.likely" --data "$work/text" --raw --json >"$work/eval"
[[ $(json "$work/eval" examples) -eq 160 && $(json "$work/eval" dimensions) -eq 20 ]] ||
    fail "raw: $(cat "$work/eval")"
finish
