#!/usr/bin/env bash
# A stream compressed by one build is decompressed by the other, and the reverse; both write the
# same bytes, give the same likelihoods, and draw the same samples.
#   tools/exchange.sh BUILD BUILD_AARCH64
# The second one runs under qemu-user, some fifty times as slow, so the data are small. One model
# for each core at a time.
set -Eeuo pipefail
here=$(cd "$1" && pwd)/likely
there=$(cd "$2" && pwd)/likely
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$work"' EXIT
a() { "$here" "$@"; }
b() { qemu-aarch64 "$there" "$@"; }
data=$(cd "$(dirname "$0")/.." && pwd)/demo/data

file -L "$there" 2>/dev/null | grep -q aarch64 || readelf -h "$there" | grep -q AArch64
zcat "$data/digits-test.pbm.gz" | {
    read -r magic
    read -r size
    printf 'P4\n784 40\n'
    head -c $((98 * 40))
    cat >/dev/null
} >"$work/digits.pbm"
# Levels in place of bits.
tail -c $((98 * 40)) "$work/digits.pbm" | od -An -v -tu1 -w98 | awk '{
    for (v = 1; v <= NF; v++) printf "%s%d", (v > 1 ? "," : ""), $v % 16
    print "" }' >"$work/levels.csv"
models=0 input=digits.pbm
in_turn() { # COMMAND NAME ARGUMENTS...: begins when a core is free; ends all when one has failed
    while [[ $(jobs -rp | wc -l) -ge $(nproc) ]]; do
        wait -n
    done
    models=$((models + 1))
    (
        name=$2
        trap 'echo "exchange: $name: failed: $BASH_COMMAND" >&2' ERR
        "$@"
        echo "$name" >>"$work/passed"
    ) &
}
try() { in_turn image_model "$@"; }
try_text() { in_turn text_model "$@"; }
image_model() { # NAME FAMILY ARGUMENTS...: trained here, used on both sides
    local m=$work/$1 family=$2
    shift 2
    a train "$family" --data "$work/$input" --valid-fraction 0.2 --out "$m" --quiet "$@" \
        >/dev/null
    a compress "$m" --data "$work/$input" --out "$m.here" >/dev/null
    b compress "$m" --data "$work/$input" --out "$m.there" --threads 3 >/dev/null
    cmp "$m.here" "$m.there"
    b decompress "$m" --data "$m.here" --out "$m.from-here.${input##*.}" >/dev/null
    a decompress "$m" --data "$m.there" --out "$m.from-there.${input##*.}" >/dev/null
    cmp "$work/$input" "$m.from-here.${input##*.}"
    cmp "$work/$input" "$m.from-there.${input##*.}"
    a eval "$m" --data "$work/$input" --json >"$m.eval-here"
    b eval "$m" --data "$work/$input" --json >"$m.eval-there"
    cmp "$m.eval-here" "$m.eval-there"
    a sample "$m" --count 5 --out "$m.sample-here.txt" >/dev/null
    b sample "$m" --count 5 --out "$m.sample-there.txt" >/dev/null
    cmp "$m.sample-here.txt" "$m.sample-there.txt"
    LIKELY_ISA=scalar b eval "$m" --data "$work/$input" --json >"$m.eval-scalar"
    cmp "$m.eval-here" "$m.eval-scalar"
}
try made made --set hidden=100 --epochs 2
try deep made --set hidden=60,40 --set activation=tanh --set masks=2 --set order_agnostic=true \
    --epochs 1
try mixture bernoulli-mixture --set components=8 --epochs 3
try histogram histogram
try pixelcnn pixelcnn --shape 28x28x1 --set blocks=1 --set channels=4 --set head=8 --epochs 1
try gated-pixelcnn gated-pixelcnn --shape 28x28x1 --set layers=2 --set channels=4 --set head=8 \
    --epochs 1
input=levels.csv
try grayscale grayscale --alphabet 256 --shape 14x7x1 --set depth=1 --set first_depth=1 \
    --set embedding=1 --set filters=4 --epochs 1
try grey grayscale --alphabet 256 --shape 14x7x1 --view grey:4 --set depth=1 --set first_depth=1 \
    --set embedding=1 --set filters=4 --epochs 1
try logistic pixelcnn --shape 14x7x1 --set blocks=1 --set channels=4 --set head=8 \
    --set distribution=logistic --epochs 1
try subscale subscale --alphabet 256 --shape 14x7x1 --set layers=1 --set channels=4 \
    --set blocks=1 --set embedding=4 --set width=4 --set distribution=logistic --epochs 1
try pyramid pyramid --alphabet 256 --shape 14x7x1 --set blocks=1 --set channels=4 --epochs 1
input=digits.pbm
try lmconv lmconv --shape 28x28x1 --set blocks=1 --set channels=4 --epochs 1
try transformer transformer --shape 28x28x1 --set layers=1 --set width=16 --set heads=2 --epochs 1
try pixelsnail pixelsnail --shape 28x28x1 --set blocks=1 --set channels=4 --epochs 1
try pixelcnn++ pixelcnn++ --shape 28x28x1 --set depth=1 --set levels=3 --set filters=4 --epochs 1
try image-transformer image-transformer --shape 28x28x1 --set layers=1 --set width=16 \
    --set local=2d --set block=7,14 --epochs 1
try multiscale multiscale --shape 28x28x1 --set blocks=1 --set channels=4 --set patch=2 --epochs 1
try row-lstm pixelrnn --shape 28x28x1 --set layers=1 --set channels=4 --set head=8 --epochs 1
try diagonal-bilstm pixelrnn --shape 28x28x1 --set kind=diagonal --set layers=1 --set channels=4 \
    --set head=8 --epochs 1
try conv1d conv1d --set layers=3 --set channels=6 --set head=8 --epochs 1

# Texts: one chunk in lanes, several chunks, characters that a model does not know.
zcat "$data/digits-test.pbm.gz" | { head -c 9000; cat >/dev/null; } | base64 -w 71 >"$work/text"
printf 'Ωμέγα \377\n' >>"$work/text"
head -c 6000 "$work/text" >"$work/text.train"
head -c 2000 "$work/text" >"$work/text.short"
# Beside each a slower sequence, of a symbol for every 50 bytes, for models that are given one.
for name in text text.train text.short; do
    awk -v n="$(stat -c %s "$work/$name")" \
        'BEGIN { for (i = 0; 50 * i < n; i++) print i * i % 7 }' >"$work/$name.slow"
done
slow=
of() { printf -- '--data\n%s\n' "$work/$1" && beside "$1"; }
beside() { [[ -z $slow ]] || printf -- '--local\n%s\n' "$work/$1.slow"; }
# shellcheck disable=SC2046
text_model() { # NAME FAMILY ARGUMENTS...
    local m=$work/$1 family=$2
    shift 2
    a train "$family" $(of text.train) --window 32 --batch-size 8 --out "$m" --quiet "$@" >/dev/null
    for lanes in "--lanes 1" "--lanes 6" ""; do
        a compress "$m" $(of text) --out "$m.here" $lanes --chunk-symbols 5000 >/dev/null
        b compress "$m" $(of text) --out "$m.there" $lanes --chunk-symbols 5000 --threads 3 \
            >/dev/null
        cmp "$m.here" "$m.there"
        b decompress "$m" --data "$m.here" --out "$m.from-here" >/dev/null
        a decompress "$m" --data "$m.there" --out "$m.from-there" >/dev/null
        cmp "$work/text" "$m.from-here"
        cmp "$work/text" "$m.from-there"
    done
    a compress "$m" $(of text.short) --out "$m.here" --adapt 0.002 >/dev/null
    b compress "$m" $(of text.short) --out "$m.there" --adapt 0.002 --threads 3 \
        --no-verify >/dev/null
    cmp "$m.here" "$m.there"
    b decompress "$m" --data "$m.here" --out "$m.from-here" >/dev/null
    cmp "$work/text.short" "$m.from-here"
    a eval "$m" $(of text) --json >"$m.eval-here"
    b eval "$m" $(of text) --json >"$m.eval-there"
    cmp "$m.eval-here" "$m.eval-there"
    a sample "$m" $(beside text) --length 200 --out "$m.sample-here" >/dev/null
    b sample "$m" $(beside text) --length 200 --out "$m.sample-there" >/dev/null
    cmp "$m.sample-here" "$m.sample-there"
}
try_text lstm charrnn --text utf8 --set width=32 --epochs 2
try_text gru charrnn --text bytes --set cell=gru --set width=24 --set layers=1 --epochs 1
try_text convolution conv1d --text utf8 --set layers=4 --set channels=12 --set head=12 --epochs 1
try_text attention transformer --text bytes --set layers=2 --set width=16 --set heads=2 \
    --set window=24 --epochs 1
slow=yes
try_text told-lstm charrnn --text bytes --local-every 50 --set width=24 --set layers=1 --epochs 1
try_text told-convolution conv1d --text bytes --local-every 50 --set layers=3 --set channels=8 \
    --set head=12 --set upsampling=learned --epochs 1
try_text told-transformer transformer --text bytes --local-every 50 --set layers=1 --set width=16 \
    --set heads=2 --set window=16 --epochs 1
try_text wavenet wavenet --text bytes --local-every 50 --set layers=4 --set cycle=3 \
    --set channels=8 --set gates=8 --set skip=12 --set upsampling=learned --epochs 1

wait
[[ $(wc -l <"$work/passed") -eq $models ]]

# Training is the same on both sides too.
train_digest() {
    "$@" train made --data "$work/digits.pbm" --valid-fraction 0.2 --out "$work/t" --set hidden=30 \
        --set dropout=0.2 --epochs 2 --schedule cosine --json 2>/dev/null | grep '"fingerprint"'
}
[[ $(train_digest a) == "$(train_digest b)" ]] ||
    { echo "exchange: trained weights differ"; exit 1; }
echo "exchange: $models models: streams, likelihoods and samples equal to the bit on" \
    "$(uname -m) and aarch64; so is training"
