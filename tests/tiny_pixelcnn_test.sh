# examples/tiny_pixelcnn.c against the command: the same likelihoods and samples, to the last bit.
. "$(dirname "$0")/lib.sh"
read -r -a tiny <<<"$LIKELY_EXAMPLES/tiny_pixelcnn"

# train MODEL SETTINGS...
train() {
    run train pixelcnn --data "$work/train.txt" --shape 8x7x1 --out "$work/$1" --epochs 3 \
        --learning-rate 0.02 --batch-size 20 --quiet "${@:2}" >/dev/null
}

# expect_bits MODEL HEIGHT WIDTH: for the images of that size, and the first sample of three seeds
expect_bits() {
    local images=$work/$2x$3.txt count seed
    count=$(wc -l <"$images")
    run score "$work/$1" --data "$images" --shape "$2x$3x1" --json >"$work/score"
    sed -n '/"scores"/,/]/p' "$work/score" | grep -oE '[0-9][-+.0-9e]*' >"$work/nats"
    [[ $(wc -l <"$work/nats") -eq $count ]] || fail "$count scores expected: $(cat "$work/score")"
    for seed in 1 2 9223372036854775807; do
        "${tiny[@]}" "$work/$1" "$2" "$3" "$images" $seed >"$work/tiny"
        expect_same "$work/nats" <(head -n "$count" "$work/tiny") "likelihoods of $1 at $2x$3"
        run sample "$work/$1" --count 1 --shape "$2x$3x1" --seed $seed \
            --out "$work/sample.txt" >/dev/null
        expect_same "$work/sample.txt" \
            <(tail -n "$2" "$work/tiny" | tr -d '\n' | tr '.#' '01' && echo) \
            "sample $seed of $1 at $2x$3"
    done
}

# refuse PATTERN ARGUMENTS...: one line that matches
refuse() {
    local got=0
    "${tiny[@]}" "${@:2}" >/dev/null 2>"$work/stderr" || got=$?
    [[ $got -ne 0 && $(wc -l <"$work/stderr") -eq 1 ]] && grep -q "$1" "$work/stderr" ||
        fail "tiny_pixelcnn ${*:2}: expected one line, /$1/, got $got: $(cat "$work/stderr")"
    checks=$((checks + 1))
}

make_rows 200 56 1 >"$work/train.txt"
make_rows 20 56 2 >"$work/8x7.txt"
make_rows 5 99 3 >"$work/9x11.txt" # of another size than the model's
make_rows 5 6 4 >"$work/6x1.txt"   # narrower than a mask
train usual --set blocks=2 --set channels=5 --set head=6
train wide --set blocks=1 --set channels=17 --set head=33 --set kernel=3 --set block_kernel=5
train least --set blocks=0 --set channels=1 --set head=1 --set kernel=5
for model in usual wide least; do
    expect_bits $model 8 7
    expect_bits $model 9 11
    expect_bits $model 6 1
done

head -c -300 "$work/usual" >"$work/cut"
run train made --data "$work/train.txt" --out "$work/made" --epochs 1 --quiet \
    --set hidden=3 >/dev/null
train norm --set blocks=1 --set channels=2 --set head=2 --set norm=channel
refuse 'usage: ' "$work/usual"
refuse 'no/such: cannot be opened' "$work/no/such" 8 7 "$work/8x7.txt" 1
refuse 'train.txt: not a model file' "$work/train.txt" 8 7 "$work/8x7.txt" 1
refuse 'not in the model file' "$work/cut" 8 7 "$work/8x7.txt" 1
refuse 'made: not a PixelCNN' "$work/made" 8 7 "$work/8x7.txt" 1
refuse 'norm: a PixelCNN with normalisation' "$work/norm" 8 7 "$work/8x7.txt" 1
refuse 'height and width: 1 to 1024' "$work/usual" 8 0 "$work/8x7.txt" 1
refuse '8x7.txt: ends within an image' "$work/usual" 9 7 "$work/8x7.txt" 1
refuse 'usual: has other characters' "$work/usual" 8 7 "$work/usual" 1
finish
