# Views of whole pixels on the command line: luminance before chroma, a grey picture beside its
# colours, which is a bound and says so; the first part by itself, and the rest given it.
. "$(dirname "$0")/lib.sh"

# 40 pictures of 5 x 4 pixels of three colours
awk 'BEGIN { srand(9); for (i = 0; i < 40; i++) { line = ""; v = int(200 * rand())
    for (p = 0; p < 60; p++) { v = (v + int(21 * rand())) % 256; line = line (p ? "," : "") v }
    print line } }' >"$work/colours.csv"
small="--epochs 1 --quiet --threads 1"
gray="--set filters=3 --set depth=1 --set first_depth=1 --set embedding=1"

# ---- exact, and the same by every verb
models=("made --view ycocg --set hidden=9"
    "pixelcnn --view ycocg --set blocks=1 --set channels=3"
    "gated-pixelcnn --view ycocg --set layers=2 --set channels=3"
    "pixelcnn++ --view ycocg --set depth=1 --set levels=1 --set filters=3")
for model in "${models[@]:0:$(most 2)}"; do
    run train $model --data "$work/colours.csv" --alphabet 256 --shape 5x4x3 $small \
        --out "$work/exact" >/dev/null
    run eval "$work/exact" --data "$work/colours.csv" >"$work/text"
    grep -q 'of luminance: .* bits per dimension' "$work/text" || fail "$model: $(cat "$work/text")"
    grep -q '<=' "$work/text" && fail "$model is exact: $(cat "$work/text")"
    run compress "$work/exact" --data "$work/colours.csv" --out "$work/coded" >/dev/null
    run decompress "$work/exact" --data "$work/coded" --out "$work/back.csv" >/dev/null
    expect_same "$work/colours.csv" "$work/back.csv" "$model: restored"
done
run train grayscale $gray --data "$work/colours.csv" --alphabet 256 --shape 5x4x3 $small \
    --out "$work/exact" >/dev/null
run check "$work/exact" >"$work/check" || fail "check: $(cat "$work/check")"
run info "$work/exact" >"$work/text"
grep -q '^view  *ycocg$' "$work/text" || fail "info: $(cat "$work/text")"

# ---- a bound
run train grayscale $gray --view grey:4 --data "$work/colours.csv" --alphabet 256 --shape 5x4x3 \
    $small --out "$work/bound" >"$work/text"
run train grayscale $gray --view grey:4 --data "$work/colours.csv" --alphabet 256 --shape 5x4x3 \
    --epochs 1 --out "$work/again" >"$work/text" 2>"$work/told"
grep -q 'validation NLL <= ' "$work/text" || fail "train: $(cat "$work/text")"
grep -q 'train <= ' "$work/told" || fail "train: $(cat "$work/told")"
run check "$work/bound" >"$work/check" || fail "check of a bound: $(cat "$work/check")"
run eval "$work/bound" --data "$work/colours.csv" --out "$work/rows.csv" >"$work/text"
grep -q '^NLL <= .* nats per example, <= ' "$work/text" || fail "eval: $(cat "$work/text")"
head -1 "$work/rows.csv" | grep -q ',bound' || fail "eval --out: $(head -1 "$work/rows.csv")"
run eval "$work/bound" --data "$work/colours.csv" --json >"$work/json"
[[ $(json "$work/json" bound) == true ]] || fail "eval --json: $(cat "$work/json")"
python3 - "$work/json" <<'P' || fail "the parts are not the whole"
import json, sys
r = json.load(open(sys.argv[1]))
parts = r["views_nll_nats"]
assert list(parts) == ["grey", "picture"]
assert abs(sum(parts.values()) - r["nll_nats"]) < 1e-3
P
run eval "$work/bound" "$work/exact" --data "$work/colours.csv" >"$work/text"
[[ $(grep -c 'a bound (<=)' "$work/text") -eq 1 ]] || fail "eval of two: $(cat "$work/text")"
run score "$work/bound" --data "$work/colours.csv" --map "$work/map.png" >"$work/text"
grep -q 'mean NLL <= ' "$work/text" || fail "score: $(cat "$work/text")"
run score "$work/bound" --data "$work/colours.csv" --json >"$work/json"
[[ $(json "$work/json" bound) == true ]] || fail "score --json: $(cat "$work/json")"
run info "$work/bound" >"$work/text"
grep -q '^view  *grey:4: .* bounds' "$work/text" || fail "info: $(cat "$work/text")"
run compress "$work/bound" --data "$work/colours.csv" --out "$work/coded" >"$work/text"
grep -q "the model's own bound is" "$work/text" || fail "compress: $(cat "$work/text")"
run decompress "$work/bound" --data "$work/coded" --out "$work/back.csv" >/dev/null
expect_same "$work/colours.csv" "$work/back.csv" "restored with a grey picture"

# ---- in two steps
parts=(part.npy folder/ part.csv)
for m in exact bound; do
    run sample "$work/$m" --count 6 --seed 3 --out "$work/whole.npy" >/dev/null
    for part in "${parts[@]:0:$(most 1)}"; do
        rm -rf "$work/folder"
        run sample "$work/$m" --count 6 --seed 3 --only-view --out "$work/$part" >/dev/null
        run sample "$work/$m" --count 6 --seed 3 --given-view "$work/$part" \
            --out "$work/two.npy" >/dev/null
        expect_same "$work/whole.npy" "$work/two.npy" "$m: in two steps, by $part"
    done
    run sample "$work/$m" --count 2 --given-view "$work/colours.csv" --out "$work/two.png" \
        >/dev/null
done
run sample "$work/exact" --count 2 --given "$work/colours.csv" --given-variables 20 \
    --out "$work/held.npy" >/dev/null
run train made --set hidden=5 --data "$work/colours.csv" --alphabet 256 --shape 5x4x3 $small \
    --out "$work/plain" >/dev/null
expect_status 1 "through no view" sample "$work/plain" --count 1 --only-view --out "$work/x.npy"
expect_status 1 "through no view" sample "$work/plain" --count 1 --given-view "$work/colours.csv" \
    --out "$work/x.npy"
expect_status 2 "excludes --given" sample "$work/exact" --count 1 --given-view "$work/colours.csv" \
    --only-view --out "$work/x.npy"
printf '1,2,3\n' >"$work/three.csv"
expect_status 1 "neither those of the model" sample "$work/exact" --count 1 \
    --given-view "$work/three.csv" --out "$work/x.npy"
[[ ! -e $work/x.npy ]] || fail "something was written"

# ---- the view that is chosen; what has none
awk 'BEGIN { for (i = 0; i < 20; i++) { line = ""
    for (p = 0; p < 12; p++) line = line (p ? "," : "") (i * 7 + p * p) % 16
    print line } }' >"$work/grey.csv"
run train grayscale $gray --data "$work/grey.csv" --alphabet 16 --shape 3x4x1 --epochs 1 \
    --out "$work/chosen" >/dev/null 2>"$work/told"
grep -q 'view bits:2' "$work/told" || fail "the view is not told: $(cat "$work/told")"
run train grayscale $gray --data "$work/grey.csv" --alphabet 16 --shape 3x4x1 --epochs 2 --quiet \
    --threads 1 --out "$work/chosen" --resume >/dev/null
run train grayscale $gray --data "$work/grey.csv" --alphabet 16 --shape 3x4x1 --epochs 2 --quiet \
    --out "$work/once" >/dev/null
for m in chosen once; do run info "$work/$m" | grep '^fingerprint' >"$work/$m.print"; done
expect_same "$work/chosen.print" "$work/once.print" "resumed"
run train --from "$work/chosen" --data "$work/grey.csv" --shape 3x4x1 --alphabet 16 --epochs 1 \
    --quiet --out "$work/from" >/dev/null

# An array of bytes does not say that its values are of 16 levels.
run sample "$work/chosen" --count 3 --seed 5 --out "$work/few.npy" >/dev/null
run sample "$work/chosen" --count 3 --given-view "$work/few.npy" --out "$work/two.npy" >/dev/null
run eval "$work/chosen" --data "$work/two.npy" >/dev/null
expect_status 1 "256 levels .* are neither those of the model's data, 16 " sample "$work/chosen" \
    --given-view "$work/whole.npy" --out "$work/x.npy"
expect_status 1 "pixelcnn\+\+" train grayscale --data "$work/grey.csv" --alphabet 16 --shape 3x4x1 \
    --binarize threshold --out "$work/x"
expect_status 1 "here the alphabet has 20, and 32 is one" train made --view bits:2 \
    --data "$work/grey.csv" --alphabet 20 --shape 3x4x1 --out "$work/x"
expect_status 1 "three colours" train grayscale --view ycocg --data "$work/grey.csv" \
    --alphabet 16 --shape 3x4x1 --out "$work/x"
expect_status 1 "is for images" train grayscale --data "$work/grey.csv" --alphabet 16 \
    --out "$work/x"
expect_status 1 "ycocg, the luminance" train grayscale --view hue --data "$work/grey.csv" \
    --alphabet 16 --shape 3x4x1 --out "$work/x"
finish
