# Bad input and bad places to write: one clear line, exit status 1 (2 for usage), nothing left
# behind.
. "$(dirname "$0")/lib.sh"
make_rows 120 12 1 >"$work/train.txt"
run train made --data "$work/train.txt" --out "$work/m" --set hidden=8 --epochs 1 --quiet >/dev/null
run compress "$work/m" --data "$work/train.txt" --out "$work/c" --chunk-examples 30 >/dev/null
mkdir "$work/out"

expect_status 2 'no verb frobnicate .likely' frobnicate
expect_status 2 'no verb trian: train is one' trian made
expect_status 2 'no option --learnign-rate: --learning-rate is one' train made --learnign-rate 1
expect_status 2 'no option --epoch: --epochs is one' train made --epoch=3
expect_status 2 'no option --zzz .likely' train made --zzz
expect_status 2 'needs --data' eval "$work/m"
for verb in "train made --out $work/out/x" "eval $work/m" "check $work/m" \
    "compress $work/m --out $work/out/x"; do
    expect_status 2 'more than once: several texts, or pictures, are given as a folder' $verb \
        --data "$work/train.txt" --data "$work/train.txt"
done
expect_status 2 '--valid is given more than once: several' train made --data "$work/train.txt" \
    --valid "$work/train.txt" --valid "$work/train.txt" --out "$work/out/x"
expect_status 2 'texts, or pictures, are given as a folder' score "$work/m" --data x --data y
expect_status 2 'restored one at a time' decompress "$work/m" --data x --data y --out "$work/out/x"
expect_status 2 '--epochs is given more than once \(' train made --epochs 1 --epochs 2
expect_status 2 'no option --dataa: --data is one' eval "$work/m" --dataa x
expect_status 2 'expected an integer' sample "$work/m" --count -3 --out "$work/out/x.txt"
expect_status 2 'expected one of' train made --data "$work/train.txt" --out "$work/out/x" \
    --optimizer magic
expect_status 2 'expected a size' sample "$work/m" --count 3 --out "$work/out/x.txt" --memory 3X
expect_status 1 'at most 1 MiB may be taken; allow more with --memory' sample "$work/m" \
    --count 3000000 --out "$work/out/x.txt" --memory 1M
expect_status 1 'no model family' train mode --data "$work/train.txt" --out "$work/out/x"
expect_status 1 'hidden' train made --data "$work/train.txt" --out "$work/out/x" --set hiden=3
expect_status 1 'hidden' train made --data "$work/train.txt" --out "$work/out/x" --set hidden=-3

printf '0101\n01x1\n' >"$work/bad.txt"
expect_status 1 'bad.txt.*line 2|bad.txt.*row 2' train made --data "$work/bad.txt" \
    --out "$work/out/x"
printf '0101\n011\n' >"$work/ragged.txt"
expect_status 1 'ragged.txt' train made --data "$work/ragged.txt" --out "$work/out/x"
: >"$work/empty.txt"
expect_status 1 'empty.txt' train made --data "$work/empty.txt" --out "$work/out/x"
expect_status 1 'missing.txt' train made --data "$work/missing.txt" --out "$work/out/x"
make_rows 5 13 1 >"$work/wide.txt"
expect_status 1 'wide.txt.*13' eval "$work/m" --data "$work/wide.txt"
printf '0 1 2 0 1 0 1 0 1 0 1 0\n' >"$work/three.txt"
expect_status 1 'three.txt' eval "$work/m" --data "$work/three.txt"
expect_status 1 'folder/x' train made --data "$work/train.txt" --out "$work/no-such-folder/x" \
    --epochs 1 --quiet
expect_status 1 'x.jpg|\.png' sample "$work/m" --count 1 --out "$work/out/x.jpg"
gzip -c "$work/train.txt" | head -c 60 >"$work/cut.txt.gz"
expect_status 1 'cut.txt.gz' eval "$work/m" --data "$work/cut.txt.gz"

# Model files: cut anywhere, or damaged anywhere, are refused (or, in a weight, give another
# fingerprint).
size=$(stat -c %s "$work/m")
for cut in 0 1 7 8 9 100 $((size / 2)) $((size - 1)); do
    head -c "$cut" "$work/m" >"$work/cut"
    expect_status 1 'cut' info "$work/cut"
done
expect_status 1 'train.txt' info "$work/train.txt"

# Compressed files.
size=$(stat -c %s "$work/c")
for cut in 0 5 40 $((size / 2)) $((size - 1)); do
    head -c "$cut" "$work/c" >"$work/cut"
    expect_status 1 'cut' decompress "$work/m" --data "$work/cut" --out "$work/out/x.txt"
done
for at in 3 20 $((size - 2)) $((size / 2)); do
    cp "$work/c" "$work/flipped"
    byte=$(dd if="$work/c" bs=1 skip="$at" count=1 status=none | od -An -tu1 | tr -d ' ')
    printf "\\x$(printf %02x $((byte ^ 16)))" |
        dd of="$work/flipped" bs=1 seek="$at" conv=notrunc status=none
    expect_status 1 'flipped' decompress "$work/m" --data "$work/flipped" --out "$work/out/x.txt"
done
run decompress "$work/m" --data "$work/flipped" --salvage --out "$work/salvaged.txt" >/dev/null
[[ $(wc -l <"$work/salvaged.txt") -eq 90 ]] ||
    fail "salvage: 3 of 4 chunks expected, got $(wc -l <"$work/salvaged.txt") rows"
expect_same <(cat <(head -30 "$work/train.txt") <(tail -60 "$work/train.txt")) \
    "$work/salvaged.txt" "salvaged rows"
run train made --data "$work/train.txt" --out "$work/other" --set hidden=8 --epochs 1 --seed 2 \
    --quiet >/dev/null
expect_status 1 'model' decompress "$work/other" --data "$work/c" --out "$work/out/x.txt"

# A disk that is full, a file-size limit.
if [[ -w /dev/full ]]; then
    (
        ulimit -f 1
        trap '' XFSZ
        got=0
        run sample "$work/m" --count 20000 --out "$work/out/big.txt" >/dev/null 2>"$work/stderr" ||
            got=$?
        [[ $got -eq 1 && $(wc -l <"$work/stderr") -eq 1 ]] ||
            fail "full disk: status $got: $(cat "$work/stderr")"
    )
    got=0
    run models >/dev/full 2>"$work/stderr" || got=$?
    [[ $got -eq 1 ]] || fail "standard output full: status $got"
fi
[[ -z $(ls -A "$work/out") ]] || fail "left behind: $(ls -A "$work/out")"
ls "$work" | grep -E '\.tmp' && fail "temporary files left"
finish
