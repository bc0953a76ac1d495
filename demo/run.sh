#!/usr/bin/env bash
# The main job, on real data: train a MADE on binarized MNIST, then use it for all three jobs of a
# likelihood model. About two minutes on two cores. Leaves its files in build/demo.
set -euo pipefail
cd "$(dirname "$0")/.."
likely=build/likely
data=demo/data
out=build/demo
mkdir -p "$out"
say() { printf '\n== %s\n' "$*"; }

say "1. Train: MADE, one hidden layer of ${DEMO_HIDDEN:-500} units, 50,000 binarized digits"
"$likely" train made --data $data/digits-train.pbm.gz --valid $data/digits-valid.pbm.gz \
    --shape 28x28x1 --out "$out/digits.likely" --set hidden="${DEMO_HIDDEN:-500}" \
    --set dropout=0.2 --schedule cosine --epochs "${DEMO_EPOCHS:-24}"

say "2. Likelihood of the 10,000 test digits"
"$likely" eval "$out/digits.likely" --data $data/digits-test.pbm.gz
cat <<'TABLE'
   published, nats per digit (Germain et al. 2015, table 6; lower is better):
     MoBernoullis K=10   168.95        MADE 1hl (1 mask)    88.40   (8,000 units)
     MoBernoullis K=500  137.64        MADE 2hl (32 masks)  86.64   (8,000 units in each layer)
TABLE

say "3. Generate: 100 new digits"
"$likely" sample "$out/digits.likely" --count 100 --out "$out/samples.png"
cp "$out/samples.png" samples.png
echo "look at samples.png"

say "4. Compress the 10,000 test digits, restore them, compare"
"$likely" compress "$out/digits.likely" --data $data/digits-test.pbm.gz --out "$out/digits.lk"
"$likely" decompress "$out/digits.likely" --data "$out/digits.lk" --out "$out/restored.pbm"
gunzip -c $data/digits-test.pbm.gz >"$out/test.pbm"
cmp "$out/test.pbm" "$out/restored.pbm"
echo "restored: the same 10,000 digits, byte for byte"
gzip -9 -n -c "$out/test.pbm" >"$out/test.pbm.gz"
xz -9e -c "$out/test.pbm" >"$out/test.pbm.xz"
python3 demo/png1.py "$out/test.pbm" "$out/test.png"
for file in test.pbm digits.lk test.pbm.gz test.pbm.xz test.png; do
    printf '   %-12s %9d bytes\n' "$file" "$(stat -c %s "$out/$file")"
done
printf '   (the model that decodes digits.lk: %d bytes, once)\n' \
    "$(stat -c %s "$out/digits.likely")"

say "5. Detect: 1,000 test digits, half of them with a 6 x 6 block of noise"
python3 demo/corrupt.py "$out/test.pbm" "$out/mixed.pbm" "$out/labels.txt"
"$likely" score "$out/digits.likely" --data "$out/mixed.pbm" --anomalies "$out/labels.txt" \
    --out "$out/scores.csv" --map "$out/surprise.png"
echo "each digit's score: $out/scores.csv; where the surprise lies: $out/surprise.png"
