# Models of texts as a user meets them: trained, killed and resumed, then every verb; results must
# not depend on threads or instruction set. A tiny LSTM and a tiny convolution, of bytes and of
# characters.
. "$(dirname "$0")/lib.sh"

# make_text LINES SEED: sentences of few words, some with characters of two and three bytes
make_text() {
    awk -v n="$1" -v s="$2" 'BEGIN { srand(s)
        split("the cat saw a small dog café and went über the hill for 3 € < 5 & more", word, " ")
        for (i = 0; i < n; i++) { line = ""
            for (w = 0; w < 4 + int(5 * rand()); w++) line = line word[1 + int(19 * rand())] " "
            print line "." } }'
}
make_text 400 1 >"$work/train.txt"
make_text 60 2 >"$work/test.txt"
train() { # FAMILY KIND OUT ARGUMENTS...
    local family=$1 kind=$2 out=$3
    shift 3
    run train "$family" --data "$work/train.txt" --text "$kind" --window 24 --batch-size 8 \
        --learning-rate 0.01 --ema 0.9 --out "$out" --seed 5 --checkpoint-seconds 0 --json --quiet \
        "$@"
}
lstm=(--set width=24 --set layers=1 --set dropout=0.1 --epochs 5)
convolution=(--set channels=12 --set layers=4 --set head=12 --epochs 3)
train charrnn bytes "$work/charrnn-bytes" "${lstm[@]}" >"$work/log"
train charrnn utf8 "$work/charrnn-utf8" "${lstm[@]}" >"$work/log-utf8"
train conv1d bytes "$work/conv1d-bytes" "${convolution[@]}" >/dev/null
train conv1d utf8 "$work/conv1d-utf8" "${convolution[@]}" >/dev/null
models="charrnn-bytes charrnn-utf8 conv1d-bytes conv1d-utf8"

# What was held out when it began is held out when it goes on, without saying so again.
train charrnn bytes "$work/held" --set width=4 --epochs 1 --valid-fraction 0.2 >/dev/null
train charrnn bytes "$work/held" --set width=4 --epochs 2 --resume >"$work/log-held"
symbols=$(stat -c %s "$work/train.txt")
grep -q "\"symbols\": $(((symbols + 2) / 5))\$" "$work/log-held" ||
    fail "a fifth of $symbols is held out: $(grep symbols "$work/log-held")"
train charrnn bytes "$work/held" --set width=4 --epochs 1 >"$work/log-held"
grep -q "\"symbols\": $((symbols / 10))\$" "$work/log-held" ||
    fail "a tenth of $symbols is held out: $(grep symbols "$work/log-held")"

# Killed again and again, then resumed: the same weights.
RANDOM=3
for attempt in 1 2 3; do
    resume=()
    [[ -e $work/killed.checkpoint ]] && resume=(--resume)
    train charrnn utf8 "$work/killed" "${lstm[@]}" --threads $attempt "${resume[@]}" \
        >"$work/log-killed" 2>/dev/null &
    pid=$!
    sleep "0.0$((RANDOM % 60 + 20))"
    pkill -KILL -P $pid 2>/dev/null || true
    kill -KILL $pid 2>/dev/null || true
    wait $pid 2>/dev/null || true
done
resume=()
[[ -e $work/killed.checkpoint ]] && resume=(--resume)
train charrnn utf8 "$work/killed" "${lstm[@]}" "${resume[@]}" >"$work/log-killed"
[[ $(json "$work/log-killed" fingerprint) == "$(json "$work/log-utf8" fingerprint)" ]] ||
    fail "after kills: other weights"
checks=$((checks + 1))

isas="scalar"
for isa in avx2 avx512 neon; do
    LIKELY_ISA=$isa run info "$work/charrnn-bytes" >/dev/null 2>&1 && isas="$isas $isa"
done

# eval: one stream, whatever computes it; better than the uniform model; a part is what it would be
# as a file.
for model in $models; do
    run eval "$work/$model" --data "$work/test.txt" --json >"$work/eval"
    for isa in $isas; do
        LIKELY_ISA=$isa run eval "$work/$model" --data "$work/test.txt" --json --threads 3 \
            >"$work/eval2"
        expect_same "$work/eval" "$work/eval2" "eval of $model with $isa"
    done
    [[ $(json "$work/eval" bytes) -eq $(wc -c <"$work/test.txt") ]] ||
        fail "bytes: $(cat "$work/eval")"
    awk -v b="$(json "$work/eval" bits_per_byte)" 'BEGIN { exit !(b > 0.5 && b < 4.5) }' ||
        fail "$model: $(cat "$work/eval")"
done
tail -c 500 "$work/test.txt" >"$work/tail.txt"
run eval "$work/charrnn-bytes" --data "$work/tail.txt" --json >"$work/eval"
run eval "$work/charrnn-bytes" --data "$work/test.txt" --from -500 --symbols 500 --json \
    >"$work/eval2"
expect_same "$work/eval" "$work/eval2" "the last 500 bytes"
printf 'the cat saw a Ω dog \xff.\n' >"$work/unknown.txt"
run eval "$work/charrnn-utf8" --data "$work/unknown.txt" --json >"$work/eval"
[[ $(json "$work/eval" escaped_characters) -eq 2 && $(json "$work/eval" symbols) -eq 23 ]] ||
    fail "escapes: $(cat "$work/eval")"
run eval "$work/charrnn-utf8" --data "$work/unknown.txt" | grep -q '2 characters are not in' ||
    fail "escapes are not told"

: >"$work/empty.txt"
expect_status 1 'empty.txt.*empty' check "$work/charrnn-utf8" --data "$work/empty.txt"
expect_status 1 'missing.txt' eval "$work/charrnn-utf8" --data "$work/missing.txt"
expect_status 1 'outside the [0-9]+ symbols' eval "$work/charrnn-bytes" --data "$work/test.txt" \
    --from 1000000
expect_status 2 'shape is for models of examples' eval "$work/charrnn-bytes" \
    --data "$work/test.txt" --shape 3
expect_status 2 'expected an integer' eval "$work/charrnn-bytes" --data "$work/test.txt" --symbols 0
make_rows 50 6 1 >"$work/rows.txt"
run train histogram --data "$work/rows.txt" --out "$work/rows" --quiet >/dev/null
expect_status 2 'from is for models of texts' eval "$work/rows" --data "$work/rows.txt" --from 3

# sample: the same characters from any schedule, thread, instruction set and company; a stream's
# beginning as its prompt.
for model in $models; do
    run sample "$work/$model" --length 300 --seed 4 >"$work/sample"
    for isa in $isas; do
        LIKELY_ISA=$isa run sample "$work/$model" --length 300 --seed 4 --threads 3 >"$work/sample2"
        expect_same "$work/sample" "$work/sample2" "sample of $model with $isa"
    done
    run sample "$work/$model" --length 300 --seed 4 --schedule naive >"$work/sample2"
    expect_same "$work/sample" "$work/sample2" "naive sample of $model"
    run sample "$work/$model" --length 300 --seed 4 --count 3 --out "$work/streams.txt" >/dev/null
    expect_same "$work/sample" "$work/streams-1.txt" "sample of $model beside others"
    run sample "$work/$model" --length 300 --seed 4 --count 3 --batch-size 1 >"$work/sample2"
    { for i in 1 2 3; do
        echo "==> stream $i <=="
        cat "$work/streams-$i.txt"
        [[ -z $(tail -c 1 "$work/streams-$i.txt") ]] || echo
    done; } >"$work/sample3"
    expect_same "$work/sample2" "$work/sample3" \
        "streams of $model one after another, and side by side"
done
run sample "$work/charrnn-bytes" --length 90 >"$work/sample"
head -c 60 "$work/sample" >"$work/prompt.txt"
run sample "$work/charrnn-bytes" --length 30 --prompt-file "$work/prompt.txt" >"$work/sample2"
expect_same "$work/sample" "$work/sample2" "a stream's beginning as its prompt"
run sample "$work/charrnn-utf8" --length 5000 --prompt 'über' --out "$work/long.txt" --json \
    >"$work/log"
[[ $(json "$work/log" symbols) -eq 5000 ]] || fail "symbols: $(cat "$work/log")"
iconv -f utf-8 -t utf-8 "$work/long.txt" >"$work/long2.txt" || fail "invalid UTF-8 drawn"
expect_same "$work/long.txt" "$work/long2.txt" "UTF-8"
run eval "$work/charrnn-utf8" --data "$work/long.txt" --json >"$work/eval"
[[ $(json "$work/eval" escaped_characters) -eq 0 && $(json "$work/eval" symbols) -eq 5004 ]] ||
    fail "drawn: $(cat "$work/eval")"
[[ $(head -c 5 "$work/long.txt") == "über" ]] || fail "the prompt does not come first"
run sample "$work/charrnn-utf8" --length 300 --temperature 0 >"$work/sample"
run sample "$work/charrnn-utf8" --length 300 --temperature 0 --seed 2 >"$work/sample2"
expect_same "$work/sample" "$work/sample2" "temperature 0"

# Whoever reads may stop: no complaint, status 0.
set +o pipefail
{
    run sample "$work/charrnn-bytes" --length 1000000000 2>"$work/stderr" || echo $? >"$work/status"
} | head -2 >/dev/null
set -o pipefail
[[ ! -e $work/status && ! -s $work/stderr ]] ||
    fail "closed pipe: $(cat "$work/status" "$work/stderr")"

expect_status 1 'prompt: character 3 \(U\+03A9\) is not in' sample "$work/charrnn-utf8" \
    --prompt 'a Ω'
expect_status 1 'missing.txt' sample "$work/charrnn-utf8" --prompt-file "$work/missing.txt"
expect_status 2 'exclude each other' sample "$work/charrnn-utf8" --prompt a \
    --prompt-file "$work/prompt.txt"
expect_status 2 'json needs --out' sample "$work/charrnn-utf8" --json
expect_status 2 'given is for models of examples' sample "$work/charrnn-utf8" --given x
expect_status 2 'prompt is for models of texts' sample "$work/rows" --prompt a --count 1 \
    --out "$work/x.txt"
expect_status 2 'needs --out' sample "$work/rows" --count 1
expect_status 1 'no-such-folder/x' sample "$work/charrnn-utf8" --out "$work/no-such-folder/x"
if [[ -w /dev/full ]]; then
    got=0
    run sample "$work/charrnn-utf8" >/dev/full 2>"$work/stderr" || got=$?
    [[ $got -eq 1 && $(wc -l <"$work/stderr") -eq 1 ]] ||
        fail "standard output full: status $got: $(cat "$work/stderr")"
fi

# score: lines add up to the text; the strangest is the strange one; the map restores the text.
for model in charrnn-bytes conv1d-utf8; do
    { head -20 "$work/test.txt"; echo 'XYZZY <&> QWERTY'; tail -20 "$work/test.txt"; } \
        >"$work/odd.txt"
    run score "$work/$model" --data "$work/odd.txt" --out "$work/lines.csv" --map "$work/map.html" \
        --top 3 --json >"$work/score"
    run score "$work/$model" --data "$work/odd.txt" --out "$work/lines2.csv" \
        --map "$work/map2.html" --threads 3 >"$work/score2"
    expect_same "$work/lines.csv" "$work/lines2.csv" "scores of $model with 3 threads"
    expect_same "$work/map.html" "$work/map2.html" "map of $model with 3 threads"
    [[ $(json "$work/score" line) -eq 21 ]] ||
        fail "the strangest line of $model: $(cat "$work/score")"
    grep -q '^ *21 .*XYZZY <&> QWERTY' "$work/score2" ||
        fail "the strangest line is not shown: $(cat "$work/score2")"
    run eval "$work/$model" --data "$work/odd.txt" --json >"$work/eval"
    awk -F, -v all="$(json "$work/eval" nll_nats)" 'NR > 1 { sum += $3; n++; if ($1 != n) exit 1 }
        END { d = sum / all - 1; exit !(n == 41 && d < 1e-6 && d > -1e-6) }' "$work/lines.csv" ||
        fail "lines of $model"
    sed -n '/<pre>/,/<\/pre>/p' "$work/map.html" |
        sed -e 's/↵//; s/<[^>]*>//g; s/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g' >"$work/text"
    expect_same <(cat "$work/odd.txt"; echo) "$work/text" "the text that the map of $model shows"
done
run score "$work/charrnn-utf8" --data "$work/odd.txt" --map "$work/map.html" --map-symbols 50 \
    >/dev/null
[[ $(grep -o '<b class="c' "$work/map.html" | wc -l) -eq 50 ]] || fail "a map of 50 symbols"
grep -q 'Only the first 50 are shown' "$work/map.html" || fail "the map does not say that it is cut"
expect_status 1 'empty.txt' score "$work/charrnn-utf8" --data "$work/empty.txt" \
    --map "$work/out.html"
expect_status 1 'no-such-folder' score "$work/charrnn-utf8" --data "$work/odd.txt" \
    --map "$work/no-such-folder/x.html"
expect_status 1 'no-such-folder' score "$work/charrnn-utf8" --data "$work/odd.txt" \
    --map "$work/out.html" --out "$work/no-such-folder/x.csv"
expect_status 2 'labels is for models of examples' score "$work/charrnn-utf8" \
    --data "$work/odd.txt" --labels x
expect_status 2 'a page, NAME.html' score "$work/charrnn-utf8" --data "$work/odd.txt" \
    --map "$work/out.png"
expect_status 2 'map-symbols is for models of texts' score "$work/rows" --data "$work/rows.txt" \
    --map-symbols 3
[[ ! -e $work/out.html ]] || fail "a map was left behind"
ls "$work" | grep -E '(html|csv|txt)\.tmp' && fail "temporary files left"
# Latin-1 under utf8: how many bytes are none; of a folder those of all its texts.
mkdir "$work/latin"
for i in 1 2; do
    for ((k = 0; k < 40; k++)); do printf 'caf\xE9 no %d\n' "$k"; done >"$work/latin/$i"
done
run train charrnn --text utf8 --data "$work/latin/1" --set width=4 --set layers=1 --epochs 1 \
    --batch-size 2 --window 8 --out "$work/l" >/dev/null 2>"$work/said"
grep -qE 'latin/1: 40 of [0-9]+ bytes are no UTF-8' "$work/said" || fail "$(cat "$work/said")"
run train charrnn --text utf8 --data "$work/latin" --set width=4 --set layers=1 --epochs 1 \
    --batch-size 2 --window 8 --out "$work/l" >/dev/null 2>"$work/said"
grep -qE 'latin: 80 of [0-9]+ bytes are no UTF-8' "$work/said" || fail "$(cat "$work/said")"
checks=$((checks + 2))

finish
