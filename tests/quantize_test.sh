# likely quantize: a model of 8-bit weights is one like any other, in every verb; its file is read
# back to the same bits, and refused when it is damaged.
. "$(dirname "$0")/lib.sh"
make_rows 300 36 1 >"$work/train.txt"
make_rows 100 36 2 >"$work/valid.txt"
run train made --data "$work/train.txt" --valid "$work/valid.txt" --set hidden=64 --epochs 30 \
    --learning-rate 0.01 --quiet --out "$work/made" >/dev/null
run train pixelcnn --data "$work/train.txt" --shape 6x6x1 --set blocks=2 --set channels=8 \
    --epochs 3 --quiet --out "$work/pixels" >/dev/null
awk 'BEGIN { srand(4); for (i = 0; i < 9000; i++)
    printf "%s", substr("abcde fgh.\n", 1 + int(rand() * rand() * 11), 1) }' >"$work/text.txt"
run train charrnn --data "$work/text.txt" --set layers=1 --set width=32 --window 32 --epochs 4 \
    --quiet --out "$work/text" >/dev/null
run train uniform --data "$work/train.txt" --quiet --out "$work/none" >/dev/null

quantized() { # NAME DATA [OPTIONS...]
    local name=$1 data=$2
    shift 2
    run quantize "$work/$name" --out "$work/$name.8" --data "$data" --json "$@" >"$work/json"
    [[ $(stat -c %s "$work/$name.8") -lt $(stat -c %s "$work/$name") ]] ||
        fail "$name: the file is no smaller"
    awk -v a="$(json "$work/json" bits_before)" -v b="$(json "$work/json" bits)" \
        'BEGIN { exit !(a > 0 && b <= a * 1.0005) }' || fail "$name loses: $(cat "$work/json")"
    run check "$work/$name.8" >"$work/check" || fail "$name: $(cat "$work/check")"
    run info "$work/$name.8" >"$work/info"
    grep -q "$(json "$work/json" fingerprint)" "$work/info" || fail "$name: another fingerprint"
    grep -q '8 bits' "$work/info" || fail "$name: info does not say 8 bits: $(cat "$work/info")"
    run eval "$work/$name.8" --data "$data" --json >"$work/eval"
    checks=$((checks + 6))
}
quantized made "$work/valid.txt"
quantized pixels "$work/valid.txt"
quantized text "$work/text.txt"

# The same again: quantizing what is quantized changes nothing.
run quantize "$work/made.8" --out "$work/made.88" --data "$work/valid.txt" --json >"$work/json2"
run eval "$work/made.8" --data "$work/valid.txt" --json >"$work/eval"
run eval "$work/made.88" --data "$work/valid.txt" --json >"$work/eval2"
expect_same "$work/eval" "$work/eval2" "quantized twice"

# Restored by the model that coded it, whatever its instruction set, and by no other.
run compress "$work/text.8" --data "$work/text.txt" --out "$work/c" >/dev/null
LIKELY_ISA=scalar run decompress "$work/text.8" --data "$work/c" --out "$work/back" >/dev/null
expect_same "$work/text.txt" "$work/back" "restored"
expect_status 1 'compressed with model' decompress "$work/text" --data "$work/c" --out "$work/b2"

# Without data the layers that make distributions stay as they are; nothing may be lost: all do.
run quantize "$work/made" --out "$work/blind" >"$work/said"
grep -q 'in float32: logits.weight' "$work/said" || fail "blind: $(cat "$work/said")"
expect_status 1 'no matrices' quantize "$work/none" --out "$work/n8"
expect_status 2 'most-loss' quantize "$work/made" --out "$work/n8" --most-loss 2
expect_status 2 'about --data, which is not given' quantize "$work/made" --out "$work/n8" \
    --most-loss 0.01

# Recurrences of any width step to the bits of the parallel schedule (check compares them).
for cell in "gru 20" "tanh 33" "lstm 66" "lstm 33"; do
    run train charrnn --data "$work/text.txt" --set "cell=${cell% *}" --set "width=${cell#* }" \
        --set layers=1 --window 32 --epochs 1 --quiet --out "$work/cell" >/dev/null
    run quantize "$work/cell" --out "$work/cell.8" >/dev/null
    run check "$work/cell.8" --data "$work/text.txt" >"$work/check" ||
        fail "$cell: $(cat "$work/check")"
    checks=$((checks + 1))
done

# Bits are those of eval, also through a view.
awk 'BEGIN { srand(5); for (i = 0; i < 60; i++) { line = ""
    for (p = 0; p < 12; p++) line = line (p ? "," : "") int(16 * rand()); print line } }' \
    >"$work/grey.csv"
run train made --data "$work/grey.csv" --alphabet 16 --shape 3x4x1 --view bits:2 --set hidden=20 \
    --epochs 1 --quiet --out "$work/view" >/dev/null
run quantize "$work/view" --data "$work/grey.csv" --out "$work/view8" --json >"$work/json"
run eval "$work/view8" --data "$work/grey.csv" --json >"$work/eval"
awk -v a="$(json "$work/json" bits)" -v b="$(json "$work/eval" bits_per_dim)" \
    'BEGIN { d = a - b; exit !(a > 0 && d < 1e-9 && d > -1e-9) }' ||
    fail "other bits than eval's: $(cat "$work/json" "$work/eval")"
checks=$((checks + 1))

# p-values are of the new weights, or there are none, and both verbs say so.
run quantize "$work/made" --out "$work/blind" >"$work/said"
grep -q '^no p-values: .*--data' "$work/said" || fail "nothing of p-values: $(cat "$work/said")"
run score "$work/blind" --data "$work/valid.txt" >"$work/said"
grep -q 'no NLLs of held-out data' "$work/said" || fail "score: $(cat "$work/said")"
run quantize "$work/made" --out "$work/again" --data "$work/valid.txt" >"$work/said"
grep -q '^p-values against the 100 examples' "$work/said" || fail "p-values: $(cat "$work/said")"
grep -qE '^[0-9]+ bytes, before [0-9]+$' "$work/said" || fail "bytes: $(cat "$work/said")"
grep -q ' bits per dimension, before ' "$work/said" || fail "units: $(cat "$work/said")"
run score "$work/again" --data "$work/valid.txt" >"$work/said"
grep -q 'against 100 held-out examples' "$work/said" || fail "score: $(cat "$work/said")"
checks=$((checks + 6))

# Data of all kinds that models are trained on: bytes, and pieces of pictures.
head -c 4000 "$work/made" >"$work/bytes.bin"
run train made --raw --shape 16 --data "$work/bytes.bin" --set hidden=16 --epochs 1 --quiet \
    --out "$work/raw" >/dev/null
run quantize "$work/raw" --raw --data "$work/bytes.bin" --out "$work/raw8" >/dev/null
expect_status 2 'about --data, which is not given' quantize "$work/raw" --raw --out "$work/n8"
for i in 1 2 3; do
    { printf 'P5\n%d 12\n255\n' $((9 + i)); head -c $((12 * (9 + i))) /dev/urandom; } \
        >"$work/photo$i.pgm"
done
mkdir "$work/photos" && mv "$work"/photo?.pgm "$work/photos"
run train pixelcnn --data "$work/photos" --crop 8x8 --set channels=4 --set blocks=1 --set head=8 \
    --epochs 1 --quiet --out "$work/photo" >/dev/null
run quantize "$work/photo" --data "$work/photos" --crop 8x8 --out "$work/photo8" >/dev/null
checks=$((checks + 2))

# What cannot be held stays as it is; nothing to lose is no percentage.
printf 'a,b\nx,p\nx,p\ny,q\ny,q\nx,q\n' >"$work/zero.csv"
run train histogram --data "$work/zero.csv" --set smoothing=0 --quiet --out "$work/zero" >/dev/null
expect_status 1 '8 bits cannot hold any of' quantize "$work/zero" --out "$work/n8"
printf 'a,b\n%s' "$(yes x,y | head -50)" >"$work/same.csv"
run train fvsbn --data "$work/same.csv" --quiet --out "$work/same" >/dev/null
if run quantize "$work/same" --data "$work/same.csv" --out "$work/same.8" >"$work/said"; then
    ! grep -q nan "$work/said" || fail "$(cat "$work/said")"
fi
[[ ! -e $work/n8 ]] || fail "a file was left"

# Trained further it has float32 weights again.
run train --from "$work/made.8" --data "$work/train.txt" --epochs 1 --quiet --out "$work/again" \
    >/dev/null
run info "$work/again" >"$work/info"
! grep -q '8 bits' "$work/info" || fail "trained weights are not of 8 bits: $(cat "$work/info")"

# Damaged: every byte of the header and a few of the weights.
size=$(stat -c %s "$work/made.8")
for at in 20 300 700 1200 $((size / 2)) $((size - 3)); do
    cp "$work/made.8" "$work/bad"
    printf '\x7f' | dd of="$work/bad" bs=1 seek="$at" conv=notrunc status=none
    cmp -s "$work/made.8" "$work/bad" || expect_status 1 "bad: " info "$work/bad"
done
finish
