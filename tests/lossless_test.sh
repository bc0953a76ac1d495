# Nothing is lossy in silence: values that a model or a format cannot hold are refused, or what was
# done to them is said, in text and in JSON.
. "$(dirname "$0")/lib.sh"

# make_grey SEED: 20 rows of 16 grey values, 0 to 255
make_grey() {
    awk -v s="$1" 'BEGIN { srand(s)
        for (i = 0; i < 20; i++) {
            line = ""
            for (v = 0; v < 16; v++) line = line (v ? "," : "") int(rand() * 256)
            print line } }'
}

make_grey 1 >"$work/grey.csv"
make_rows 20 16 2 >"$work/bits.txt"

# Grey values for a model of 0 and 1 are not changed unless that is asked for on this command line.
for how in threshold sample; do
    run train made --data "$work/grey.csv" --binarize $how --out "$work/$how" --epochs 1 --quiet \
        --set hidden=4 >/dev/null
    for verb in eval score check "compress --out $work/no.lk" \
        "sample --count 1 --given-variables 16 --out $work/no.txt --given"; do
        [[ $verb == sample* ]] || verb+=" --data"
        read -r -a words <<<"$verb"
        expect_status 1 "grey.csv: .* alphabet is 0..1 .*trained with --binarize $how: say so" \
            "${words[0]}" "$work/$how" "${words[@]:1}" "$work/grey.csv"
    done
    expect_status 1 "say so" train --from "$work/$how" --data "$work/grey.csv" --epochs 1 \
        --quiet --out "$work/no"
    run compress "$work/$how" --data "$work/grey.csv" --binarize $how --out "$work/$how.lk" \
        >"$work/text"
    grep -q "grey.csv: grey values became 0 and 1 (--binarize $how), and are gone" "$work/text" ||
        fail "$(cat "$work/text")"
    run train --from "$work/$how" --data "$work/grey.csv" --epochs 1 --quiet --out "$work/more" \
        --binarize $how >/dev/null
done
[[ ! -e $work/no && ! -e $work/no.lk && ! -e $work/no.txt ]] || fail "something was written"
run compress "$work/threshold" --data "$work/grey.csv" --binarize threshold --out "$work/a.lk" \
    --json >"$work/json"
grep -q '"note": "grey values became 0 and 1 (--binarize threshold)' "$work/json" ||
    fail "$(cat "$work/json")"
run decompress "$work/threshold" --data "$work/a.lk" --out "$work/back.csv" >/dev/null
expect_same <(awk -F, -v OFS=, '{ for (i = 1; i <= NF; i++) $i = $i >= 128 } 1' "$work/grey.csv") \
    "$work/back.csv" "what the note says"
# Values that are 0 and 1 already are left as they are, without a word.
run compress "$work/threshold" --data "$work/bits.txt" --out "$work/b.lk" >"$work/text"
! grep -q "became 0 and 1" "$work/text" || fail "$(cat "$work/text")"
finish
