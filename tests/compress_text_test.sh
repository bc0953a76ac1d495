# Texts compressed and restored byte for byte by the command: bytes and characters, what the models
# do not know, several chunks and lanes, damage, empty files; the same file by any instruction set
# and number of threads.
. "$(dirname "$0")/lib.sh"

make_text() { # LINES SEED
    awk -v n="$1" -v s="$2" 'BEGIN { srand(s)
        split("the cat saw a small dog café and went über the hill for 3 € < 5 & more", word, " ")
        for (i = 0; i < n; i++) { line = ""
            for (w = 0; w < 4 + int(5 * rand()); w++) line = line word[1 + int(19 * rand())] " "
            print line "." } }'
}
make_text 300 1 >"$work/train.txt"
make_text 400 2 >"$work/test.txt"
{
    head -3 "$work/test.txt"
    printf 'Ωμέγα \360\237\230\200 \377\376 \303 \300\257 \355\240\200 zero: \0, '
    printf 'and a character cut off: \342\202'
} >"$work/strange"
: >"$work/empty"
printf 'x' >"$work/one"
train() { # FAMILY OUT ARGUMENTS...
    local family=$1 out=$2
    shift 2
    run train "$family" --data "$work/train.txt" --window 24 --batch-size 8 --learning-rate 0.01 \
        --out "$out" --quiet "$@" >/dev/null
}
train charrnn "$work/bytes" --text bytes --set width=24 --set layers=1 --epochs 4
train charrnn "$work/utf8" --text utf8 --set width=24 --set layers=1 --epochs 4
train conv1d "$work/conv1d" --text utf8 --set channels=12 --set layers=4 --set head=12 --epochs 2

isas="scalar"
for isa in avx2 avx512 neon; do
    LIKELY_ISA=$isa run info "$work/bytes" >/dev/null 2>&1 && isas="$isas $isa"
done

models=(utf8 conv1d bytes)
for model in "${models[@]:0:$(most 2)}"; do
    for file in test.txt strange empty one bytes; do
        run compress "$work/$model" --data "$work/$file" --out "$work/c" >/dev/null
        run decompress "$work/$model" --data "$work/c" --out "$work/restored" >/dev/null
        expect_same "$work/$file" "$work/restored" "$file with $model"
    done
    run eval "$work/$model" --data "$work/test.txt" --json >"$work/eval"
    run compress "$work/$model" --data "$work/test.txt" --out "$work/c" --lanes 1 --json \
        >"$work/report"
    awk -v eval="$(json "$work/eval" bits_per_byte)" \
        -v own="$(json "$work/report" model_bits_per_byte)" \
        -v over="$(json "$work/report" overhead)" -v coded="$(json "$work/report" bytes)" \
        -v file="$(wc -c <"$work/c")" 'BEGIN { d = (eval - own) / eval
            exit !(d < 1e-6 && d > -1e-6 && over > -0.001 && over < 0.02 && coded == file) }' ||
        fail "$model: eval and compress: $(cat "$work/eval" "$work/report")"
    geometry=(--lanes 5 --chunk-symbols 2500)
    run compress "$work/$model" --data "$work/test.txt" --out "$work/c" "${geometry[@]}" --json \
        >"$work/report"
    [[ $(json "$work/report" lanes) -eq 5 && $(json "$work/report" chunks) -ge 4 ]] ||
        fail "geometry: $(cat "$work/report")"
    run info "$work/c" --json >"$work/report"
    [[ $(json "$work/report" version) -eq 7 && $(json "$work/report" cuts) == true ]] ||
        fail "cuts are not told: $(cat "$work/report")"
    for isa in $isas; do
        LIKELY_ISA=$isa run compress "$work/$model" --data "$work/test.txt" --out "$work/c2" \
            "${geometry[@]}" --threads 3 --no-verify >/dev/null
        expect_same "$work/c" "$work/c2" "compressed by $model with $isa"
        LIKELY_ISA=$isa run decompress "$work/$model" --data "$work/c" --out "$work/restored" \
            --threads 3 >/dev/null
        expect_same "$work/test.txt" "$work/restored" "restored by $model with $isa"
    done
    # Learning from the text while it is coded: the same text everywhere, as long as eval says.
    run compress "$work/$model" --data "$work/test.txt" --out "$work/c3" --adapt 0.002 --json \
        >"$work/report"
    run eval "$work/$model" --data "$work/test.txt" --adapt 0.002 --json >"$work/eval2"
    awk -v eval="$(json "$work/eval2" bits_per_byte)" \
        -v own="$(json "$work/report" model_bits_per_byte)" \
        -v still="$(json "$work/eval" bits_per_byte)" \
        'BEGIN { exit !(eval == own && eval != still) }' ||
        fail "$model learns: $(cat "$work/eval" "$work/eval2" "$work/report")"
    for isa in $isas; do
        LIKELY_ISA=$isa run decompress "$work/$model" --data "$work/c3" --out "$work/restored" \
            --threads 3 >/dev/null
        expect_same "$work/test.txt" "$work/restored" "restored by $model, learning, with $isa"
    done
done

# A text in lanes, which begin where lines do after the text's first ones, costs little more than in
# one; and a long one is cut without being asked.
for model in bytes utf8 conv1d; do
    run compress "$work/$model" --data "$work/test.txt" --out "$work/c" --lanes 1 >/dev/null
    run compress "$work/$model" --data "$work/test.txt" --out "$work/c2" --lanes 6 >/dev/null
    one=$(wc -c <"$work/c") six=$(wc -c <"$work/c2")
    [[ $six -le $((one + 6 * 8)) && $six -ne $one ]] ||
        fail "$model: $one bytes in one lane, $six in 6"
    checks=$((checks + 1))
done
cat "$work/test.txt" "$work/test.txt" "$work/test.txt" >"$work/long"
run compress "$work/bytes" --data "$work/long" --out "$work/c" --json >"$work/report"
[[ $(json "$work/report" lanes) -ge 4 && $(json "$work/report" lanes) -le 16 ]] ||
    fail "lanes of $(wc -c <"$work/long") bytes: $(cat "$work/report")"
run decompress "$work/bytes" --data "$work/c" --out "$work/restored" >/dev/null
expect_same "$work/long" "$work/restored" "in as many lanes as chosen"
run compress "$work/bytes" --data - --out "$work/c2" <"$work/long" >/dev/null
expect_same "$work/c" "$work/c2" "from a pipe"

# Beats what knows nothing of such texts.
run compress "$work/utf8" --data "$work/test.txt" --out "$work/c" >/dev/null
[[ $(wc -c <"$work/c") -lt $(gzip -9c "$work/test.txt" | wc -c) ]] ||
    fail "larger than gzip's: $(wc -c "$work/c")"
checks=$((checks + 1))

# One damaged chunk of several: refused, or left out when told to.
run compress "$work/bytes" --data "$work/test.txt" --out "$work/c" --chunk-symbols 1000 >/dev/null
size=$(wc -c <"$work/c")
{ head -c 60 "$work/c"; printf '\125\252'; tail -c +63 "$work/c"; } >"$work/damaged"
[[ $(wc -c <"$work/damaged") -eq $size ]] || fail "damaged by more than wanted"
rm -f "$work/restored"
expect_status 1 'damaged: chunk 1 of [0-9]+ is damaged.*symbols 0 to 999' decompress \
    "$work/bytes" --data "$work/damaged" --out "$work/restored"
[[ ! -e $work/restored ]] || fail "something was written of a damaged file"
run decompress "$work/bytes" --data "$work/damaged" --out "$work/restored" --salvage --json \
    >"$work/report"
tr -d ' \n' <"$work/report" | grep -q '"lost_chunks":\[1\]' || fail "lost: $(cat "$work/report")"
tail -c +1001 "$work/test.txt" >"$work/left"
expect_same "$work/left" "$work/restored" "all but the first chunk"
run decompress "$work/bytes" --data "$work/damaged" --out "$work/restored" --salvage >"$work/report"
grep -q 'chunk 1 was damaged and is left out: symbols 0 to 999' "$work/report" ||
    fail "lost: $(cat "$work/report")"
head -c $((size - 20)) "$work/c" >"$work/cut"
expect_status 1 'salvage' decompress "$work/bytes" --data "$work/cut" --out "$work/restored"

# A model of windows of bytes reads a text too, if asked.
run train charrnn --data "$work/train.txt" --raw --shape 24 --alphabet 256 --set width=12 \
    --set layers=1 --epochs 1 --quiet --out "$work/windows" >/dev/null
run compress "$work/windows" --data "$work/strange" --text bytes --out "$work/c3" >/dev/null
run decompress "$work/windows" --data "$work/c3" --out "$work/restored" >/dev/null
expect_same "$work/strange" "$work/restored" "strange with a model of windows"

# A folder of files, one of them empty, comes back as one; and learning from them.
mkdir "$work/folder"
cp "$work/test.txt" "$work/strange" "$work/empty" "$work/one" "$work/folder"
for rate in 0 0.002; do
    run compress "$work/utf8" --data "$work/folder" --out "$work/c4" --adapt $rate >/dev/null
    run decompress "$work/utf8" --data "$work/c4" --out "$work/unpacked" --json >"$work/report"
    [[ $(json "$work/report" texts) -eq 4 ]] || fail "folder: $(cat "$work/report")"
    diff -r "$work/folder" "$work/unpacked" || fail "a folder restored"
    rm -r "$work/unpacked"
    checks=$((checks + 1))
done

make_rows 50 6 1 >"$work/rows.txt"
run train histogram --data "$work/rows.txt" --out "$work/rows" --quiet >/dev/null
run compress "$work/rows" --data "$work/rows.txt" --out "$work/rows.lk" >/dev/null
expect_status 1 'c: compressed with model .* use the former' decompress "$work/utf8" \
    --data "$work/c" --out "$work/restored"
expect_status 1 'compressed with model' decompress "$work/utf8" --data "$work/rows.lk" \
    --out "$work/restored"
expect_status 1 'compressed with model' decompress "$work/rows" --data "$work/c" \
    --out "$work/restored"
expect_status 1 'histogram of 2 values, not of texts' compress "$work/rows" \
    --data "$work/rows.txt" --text bytes --out "$work/no"
expect_status 1 'missing' compress "$work/utf8" --data "$work/missing" --out "$work/no"
expect_status 1 'no-such-folder/x' compress "$work/utf8" --data "$work/one" \
    --out "$work/no-such-folder/x"
expect_status 2 'chunk-symbols is for models of texts' compress "$work/rows" \
    --data "$work/rows.txt" --out "$work/no" --chunk-symbols 3
expect_status 1 'counted or fitted' compress "$work/rows" --data "$work/rows.txt" \
    --out "$work/no" --adapt 0.3
expect_status 1 'a histogram is counted or fitted' eval "$work/rows" --data "$work/rows.txt" \
    --adapt 0.3
expect_status 1 'a histogram is counted or fitted' score "$work/rows" --data "$work/rows.txt" \
    --adapt 0.3
expect_status 2 'adapt' compress "$work/utf8" --data "$work/one" --out "$work/no" --adapt -1
expect_status 2 'shape is for models of examples' compress "$work/utf8" --data "$work/one" \
    --out "$work/no" --shape 3
expect_status 2 'lanes' compress "$work/utf8" --data "$work/one" --out "$work/no" --lanes 4097
[[ ! -e $work/no ]] || fail "a refused compression left a file"
finish
