#!/usr/bin/env bash
# Makes the figures of docs/results.md again:  tools/results.sh DATA OUT [EXPERIMENT ...]
#
# DATA holds binarized-mnist/, uci-binary/, cifar10-subset/, text/ and fsdd/; OUT gets models, logs
# and, for each experiment, NAME.json: what `likely eval` says of the test set. Models are chosen
# on validation data only. Without names all experiments run, shortest first; those already in OUT
# are left as they are, and an interrupted training goes on from its checkpoint.
set -euo pipefail
data=$1
out=$2
shift 2
likely=${LIKELY:-$(dirname "$0")/../build/likely}
mkdir -p "$out"
mnist=$data/binarized-mnist/binarized_mnist
uci=$data/uci-binary

# NAME FAMILY TRAIN VALID TEST ARGUMENTS...; of_test: arguments of the evaluation
of_test=()
experiment() {
    local name=$1 family=$2 train=$3 valid=$4 test=$5
    shift 5
    if [[ ! -e $out/$name.json ]]; then
        local resume=()
        [[ -e $out/$name.checkpoint ]] && resume=(--resume)
        "$likely" train "$family" --data "$train" --valid "$valid" --out "$out/$name" --json "$@" \
            "${resume[@]}" >"$out/$name.train.json" 2>>"$out/$name.log"
        rm -f "$out/$name.checkpoint"
        "$likely" eval "$out/$name" --data "$test" "${of_test[@]}" --json >"$out/$name.json.part"
        mv "$out/$name.json.part" "$out/$name.json"
    fi
    printf '%-24s %s nats +- %s (%s examples)\n' "$name" "$(value "$name" nll_nats)" \
        "$(value "$name" nll_nats_stderr)" "$(value "$name" examples)"
}
# NAME ARGUMENTS...: a charrnn on the first 1,003,854 bytes of tinyshakespeare, weights (and the
# rate of --adapt) chosen on their last 3 %; the last 111,540 bytes are tested and compressed, both
# still and learning.
on_text() {
    local name=$1
    shift
    head -c 1003854 "$data/text/tinyshakespeare.txt" >"$out/text-train.txt"
    tail -c 111540 "$data/text/tinyshakespeare.txt" >"$out/text-test.txt"
    if [[ ! -e $out/$name.json ]]; then
        local resume=()
        [[ -e $out/$name.checkpoint ]] && resume=(--resume)
        "$likely" train charrnn --data "$out/text-train.txt" --text bytes --valid-fraction 0.03 \
            --out "$out/$name" --json "$@" "${resume[@]}" >"$out/$name.train.json" \
            2>>"$out/$name.log"
        "$likely" compress "$out/$name" --data "$out/text-test.txt" --adapt 0.0005 \
            --out "$out/$name.lk" --json >"$out/$name.lk.json"
        "$likely" eval "$out/$name" --data "$out/text-test.txt" --adapt 0.0005 --json \
            >"$out/$name-adapted.json"
        "$likely" eval "$out/$name" --data "$out/text-test.txt" --json >"$out/$name.json.part"
        mv "$out/$name.json.part" "$out/$name.json"
        rm -f "$out/$name.checkpoint"
    fi
    printf '%-24s %s nats per byte, learning as it goes %s; %d bytes, model %d bytes; ' "$name" \
        "$(value "$name" nats_per_symbol)" "$(value "$name-adapted" nats_per_symbol)" \
        "$(stat -c %s "$out/$name.lk")" "$(stat -c %s "$out/$name")"
    printf 'xz -9e %d, bzip2 -9 %d, zstd --ultra -22 %d\n' \
        "$(xz -9e -c "$out/text-test.txt" | wc -c)" "$(bzip2 -9 -c "$out/text-test.txt" | wc -c)" \
        "$(zstd --ultra -22 -q -c "$out/text-test.txt" | wc -c)"
}
# NAME ARGUMENTS...: a pixelcnn on the CIFAR-10 training batches, weights chosen on 4 % of them; the
# test batch is compressed.
on_cifar() {
    local name=$1 test=$data/cifar10-subset/test_batch.bin
    shift
    if [[ ! -e $out/$name.json ]]; then
        local resume=()
        [[ -e $out/$name.checkpoint ]] && resume=(--resume)
        "$likely" train pixelcnn --data "$data/cifar10-subset" --valid-fraction 0.04 \
            --out "$out/$name" --json "$@" "${resume[@]}" >"$out/$name.train.json" \
            2>>"$out/$name.log"
        "$likely" compress "$out/$name" --data "$test" --out "$out/$name.lk" --json \
            >"$out/$name.lk.json"
        "$likely" eval "$out/$name" --data "$test" --json >"$out/$name.json.part"
        mv "$out/$name.json.part" "$out/$name.json"
        rm -f "$out/$name.checkpoint"
    fi
    printf '%-24s %s bits per sub-pixel; %d bytes coded ' "$name" \
        "$(value "$name" bits_per_dim)" "$(stat -c %s "$out/$name.lk")"
    echo '(tools/image_codecs.sh: what other codecs need)'
}
# NAME FAMILY RATE ARGUMENTS...: side by side on CIFAR images: 7,568 for training, the last 500 of
# the first batch to choose the weights by; four epochs.
on_cifar_parts() {
    local name=$1 family=$2 rate=$3 from=$data/cifar10-subset resume=()
    shift 3
    mkdir -p "$out/cifar-train" "$out/cifar-valid"
    ln -sf "$(realpath "$from")"/data_batch_[2-5].bin "$out/cifar-train/"
    head -c $((3500 * 3073)) "$from/data_batch_1.bin" >"$out/cifar-train/data_batch_1.bin"
    tail -c $((500 * 3073)) "$from/data_batch_1.bin" >"$out/cifar-valid/test_batch.bin"
    if [[ ! -e $out/$name.json ]]; then
        [[ -e $out/$name.checkpoint ]] && resume=(--resume)
        "$likely" train "$family" --data "$out/cifar-train" --valid "$out/cifar-valid" \
            --batch-size 16 --learning-rate "$rate" --schedule cosine --warmup-steps 100 \
            --patience 0 --epochs 4 --out "$out/$name" --json "$@" "${resume[@]}" \
            >"$out/$name.train.json" 2>>"$out/$name.log"
        "$likely" eval "$out/$name" --data "$from/test_batch.bin" --json >"$out/$name.json.part"
        mv "$out/$name.json.part" "$out/$name.json"
    fi
    printf '%-24s %s bits per sub-pixel\n' "$name" "$(value "$name" bits_per_dim)"
}
# NAME FAMILY ARGUMENTS...: any family on the same two parts of tinyshakespeare, as characters.
on_characters() {
    local name=$1 family=$2
    shift 2
    head -c 1003854 "$data/text/tinyshakespeare.txt" >"$out/text-train.txt"
    tail -c 111540 "$data/text/tinyshakespeare.txt" >"$out/text-test.txt"
    along "$name" "$family" "$out/text-train.txt" "" "$out/text-test.txt" --schedule cosine \
        --warmup-steps 200 --patience 0 "$@"
}
# NAME FAMILY ARGUMENTS...: recordings of digits, numbers 0 to 4 of each for the test and 47 to 49
# to choose the weights by.
on_fsdd() {
    local name=$1 family=$2 file number part
    shift 2
    for file in "$data"/fsdd/*.wav; do
        number=${file##*_} number=${number%.wav} part=train
        if ((number < 5)); then part=test; elif ((number > 46)); then part=valid; fi
        mkdir -p "$out/fsdd-$part" && ln -sf "$(realpath "$file")" "$out/fsdd-$part/"
    done
    along "$name" "$family" "$out/fsdd-train" "$out/fsdd-valid" "$out/fsdd-test" --schedule cosine \
        --warmup-steps 200 --patience 0 "$@"
}
# NAME FAMILY TRAIN VALID TEST ARGUMENTS...: of texts and recordings; VALID may be empty.
along() {
    local name=$1 family=$2 train=$3 test=$5 valid=()
    [[ -n $4 ]] && valid=(--valid "$4")
    shift 5
    if [[ ! -e $out/$name.json ]]; then
        local resume=()
        [[ -e $out/$name.checkpoint ]] && resume=(--resume)
        "$likely" train "$family" --data "$train" "${valid[@]}" --out "$out/$name" --json "$@" \
            "${resume[@]}" >"$out/$name.train.json" 2>>"$out/$name.log"
        rm -f "$out/$name.checkpoint"
        "$likely" eval "$out/$name" --data "$test" --json >"$out/$name.json.part"
        mv "$out/$name.json.part" "$out/$name.json"
    fi
    printf '%-24s %s nats per symbol\n' "$name" "$(value "$name" nats_per_symbol)"
}
# NAME FAMILY ARGUMENTS...: grey MNIST, 20,000 digits for training and 2,000 to choose by, as IDX.
on_grey() {
    local name=$1 family=$2 from=$data/mnist/train-images-idx3-ubyte.gz
    shift 2
    [[ -e $out/grey-train.idx ]] || part_of_idx "$from" 0 20000 "$out/grey-train.idx"
    [[ -e $out/grey-valid.idx ]] || part_of_idx "$from" 50000 2000 "$out/grey-valid.idx"
    experiment "$name" "$family" "$out/grey-train.idx" "$out/grey-valid.idx" \
        "$data/mnist/t10k-images-idx3-ubyte.gz" --batch-size 32 --learning-rate 0.003 \
        --schedule cosine --warmup-steps 100 --ema 0.998 --epochs 4 --patience 0 "$@"
}
# FILE.gz FIRST COUNT OUT: of 28 x 28 bytes an image, behind a header of 16.
part_of_idx() {
    local count
    count=$(printf '\\%o\\%o' $(($3 / 256)) $(($3 % 256)))
    printf "\\0\\0\\10\\3\\0\\0$count\\0\\0\\0\\34\\0\\0\\0\\34" >"$4"
    zcat "$1" | tail -c +$((17 + 784 * $2)) | head -c $((784 * $3)) >>"$4" || true
}
# NAME FAMILY ARGUMENTS...: pieces of 64 x 64 of Kodak's photographs, 1 to 8 for training, 9 and 10
# to choose the weights by, 11 and 12 for the test.
on_photographs() {
    local name=$1 family=$2 number part of_test=(--crop 64x64)
    shift 2
    for number in 01 02 03 04 05 06 07 08 09 10 11 12; do
        part=train
        if ((10#$number > 10)); then part=test; elif ((10#$number > 8)); then part=valid; fi
        mkdir -p "$out/kodak-$part"
        ln -sf "$(realpath "$data/kodak/kodim$number.png")" "$out/kodak-$part/"
    done
    experiment "$name" "$family" "$out/kodak-train" "$out/kodak-valid" "$out/kodak-test" \
        --crop 64x64 --epochs 12 --batch-size 8 --learning-rate 0.003 --schedule cosine \
        --warmup-steps 50 --patience 0 "$@"
}
value() { sed -n "s/^ *\"$2\": \([0-9.e+-]*\),*$/\1/p" "$out/$1.json" | head -1 | cut -c1-8; }
on_mnist() { # NAME FAMILY ARGUMENTS...
    local name=$1 family=$2
    shift 2
    experiment "$name" "$family" "${mnist}_train.amat.gz" "${mnist}_valid.amat.gz" \
        "${mnist}_test.amat.gz" "$@"
}
on_uci() { # NAME FAMILY SET ARGUMENTS...
    local name=$1 family=$2 set=$3
    shift 3
    experiment "$name" "$family" "$uci/$set.npz:train_data" "$uci/$set.npz:valid_data" \
        "$uci/$set.npz:test_data" "$@"
}

hour=(--shape 28x28x1 --batch-size 16 --learning-rate 0.002 --schedule cosine --warmup-steps 200
    --ema 0.9995 --epochs 10 --patience 0)
# Half an hour of one core each, 31 million multiply-adds an image.
half=(--shape 28x28x1 --batch-size 32 --learning-rate 0.002 --schedule cosine --warmup-steps 200
    --ema 0.999 --epochs 5 --patience 0)
quick=(--schedule cosine --batch-size 50 --ema 0.998 --patience 0)
run() {
    case $1 in
    mixture-10) on_mnist mixture-10 bernoulli-mixture --set components=10 ;;
    mixture-500) on_mnist mixture-500 bernoulli-mixture --set components=500 ;;
    # Adam at 0.001, batches of 100 and the average of the weights (0.999) are the defaults.
    made-500) on_mnist made-500 made --set hidden=500 --schedule cosine --warmup-steps 200 \
        --epochs 40 ;;
    made-8000) on_mnist made-8000 made --set hidden=8000 --set dropout=0.5 --schedule cosine \
        --warmup-steps 200 --epochs 18 ;;
    made-8000-32-masks) on_mnist made-8000-32-masks made --set hidden=8000 --set dropout=0.5 \
        --set masks=32 --set degrees=near --set shift=1 --schedule cosine --warmup-steps 200 \
        --epochs 18 ;;
    # The two-layer network of the paper: hours; --minutes bounds one call, and calling again goes
    # on.
    made-8000-8000-32-masks) on_mnist made-8000-8000-32-masks made --set hidden=8000,8000 \
        --set dropout=0.5 --set masks=32 --set degrees=near --set shift=1 --schedule cosine \
        --warmup-steps 200 --epochs 18 ;;
    dna) on_uci dna made dna --set hidden=500 --set masks=128 --set order_agnostic=true \
        --set dropout=0.4 --learning-rate 0.005 --schedule cosine --epochs 600 --batch-size 50 \
        --ema 0.998 --patience 0 ;;
    mushrooms) on_uci mushrooms made mushrooms --set hidden=2000 --set masks=16 \
        --set order_agnostic=true --learning-rate 0.003 --schedule cosine --epochs 400 \
        --batch-size 50 --ema 0.998 --patience 0 ;;
    nips) on_uci nips made nips --set hidden=200 --set dropout=0.5 --schedule cosine --epochs 60 \
        --batch-size 20 --ema 0.99 --optimizer adamw --weight-decay 0.3 ;;
    # The picture of its training: likely info OUT/pixelcnn --curve FILE.svg
    pixelcnn) on_mnist pixelcnn pixelcnn --shape 28x28x1 --set blocks=8 --set channels=32 \
        --set kernel=15 --set block_kernel=5 --set dropout=0.2 --batch-size 16 \
        --learning-rate 0.003 --schedule cosine --warmup-steps 200 --ema 0.9995 --epochs 12 \
        --patience 0 ;;
    rgb) on_cifar rgb --set blocks=4 --set channels=20 --set head=32 --set kernel=11 \
        --batch-size 8 --learning-rate 0.002 --schedule cosine --warmup-steps 200 --epochs 18 \
        --patience 0 ;;
    # Of equal cost, 298 million multiply-adds an image.
    colours-softmax) on_cifar_parts colours-softmax pixelcnn 0.003 --set channels=20 ;;
    colours-logistic) on_cifar_parts colours-logistic pixelcnn 0.001 --set distribution=logistic \
        --set channels=66 ;;
    colours-logistic-3) on_cifar_parts colours-logistic-3 pixelcnn 0.003 \
        --set distribution=logistic --set channels=66 ;;
    colours-sparse) on_cifar_parts colours-sparse pixelcnn 0.001 --set distribution=logistic \
        --set channels=128 --set block_sparse=16 ;;
    colours-plus) on_cifar_parts colours-plus pixelcnn++ 0.001 --set filters=18 ;;
    colours-plus-3) on_cifar_parts colours-plus-3 pixelcnn++ 0.003 --set filters=18 ;;
    colours-plus-2) on_cifar_parts colours-plus-2 pixelcnn++ 0.003 --set filters=26 \
        --set depth=2 ;;
    colours-scales) on_cifar_parts colours-scales multiscale 0.003 \
        --set distribution=logistic --set channels=54 ;;
    colours-scales-b) on_cifar_parts colours-scales-b multiscale 0.003 \
        --set distribution=logistic --set channels=50 --set patch=4 ;;
    colours-scales-shared) on_cifar_parts colours-scales-shared multiscale 0.003 \
        --set distribution=logistic --set channels=50 --set patch=4 --set share=true ;;
    lstm) on_text lstm --window 64 --set width=512 --set dropout=0.4 --set recurrent_dropout=0.25 \
        --batch-size 16 --learning-rate 0.002 --schedule cosine --warmup-steps 200 --epochs 10 \
        --clip 25 --ema 0.999 --patience 0 ;;
    # Better on a play that it has not seen, if it may not learn from it.
    lstm-still) on_text lstm-still --window 128 --set width=448 --set dropout=0.4 --batch-size 20 \
        --learning-rate 0.002 --schedule cosine --epochs 22 --clip 50 --ema 0.998 --patience 2 ;;
    # Families side by side: an hour of two cores each, 122 million multiply-adds an image.
    hour-pixelcnn) on_mnist hour-pixelcnn pixelcnn "${hour[@]}" --set blocks=9 --set channels=32 \
        --set kernel=15 --set block_kernel=5 --set dropout=0.2 ;;
    hour-gated) on_mnist hour-gated gated-pixelcnn "${hour[@]}" --set layers=8 --set channels=24 \
        --set kernel=5 --set dropout=0.2 ;;
    nade-500) on_mnist nade-500 nade --shape 28x28x1 --batch-size 100 --learning-rate 0.002 \
        --schedule cosine --warmup-steps 200 --ema 0.999 --patience 0 --epochs 40 ;;
    nade-dna) on_uci nade-dna nade dna "${quick[@]}" --learning-rate 0.002 --epochs 200 \
        --set dropout=0.5 ;;
    nade-mushrooms) on_uci nade-mushrooms nade mushrooms "${quick[@]}" --learning-rate 0.002 \
        --epochs 200 ;;
    nade-nips) on_uci nade-nips nade nips --schedule cosine --epochs 100 --batch-size 20 \
        --ema 0.99 --set dropout=0.5 --optimizer adamw --weight-decay 0.3 ;;
    fvsbn-dna) on_uci fvsbn-dna fvsbn dna "${quick[@]}" --learning-rate 0.003 --epochs 200 \
        --optimizer adamw --weight-decay 0.3 ;;
    fvsbn-mushrooms) on_uci fvsbn-mushrooms fvsbn mushrooms "${quick[@]}" --learning-rate 0.003 \
        --epochs 300 ;;
    fvsbn-nips) on_uci fvsbn-nips fvsbn nips --schedule cosine --epochs 100 --batch-size 20 \
        --ema 0.99 --optimizer adamw --weight-decay 0.3 --patience 0 ;;
    eonade-dna) on_uci eonade-dna eonade dna "${quick[@]}" --learning-rate 0.001 --epochs 800 \
        --set dropout=0.2 ;;
    eonade-mushrooms) on_uci eonade-mushrooms eonade mushrooms "${quick[@]}" \
        --learning-rate 0.001 --epochs 400 ;;
    eonade-nips) on_uci eonade-nips eonade nips "${quick[@]}" --learning-rate 0.001 \
        --epochs 800 --set dropout=0.5 ;;
    # Of any order; an evaluation takes longer than an epoch, so that 1,000 digits choose.
    eonade | ardm)
        zcat "${mnist}_valid.amat.gz" | sed -n 1,1000p >"$out/valid-1000.amat"
        experiment "$1" "$1" "${mnist}_train.amat.gz" "$out/valid-1000.amat" \
            "${mnist}_test.amat.gz" --shape 28x28x1 --batch-size 100 --learning-rate 0.002 \
            --schedule cosine --warmup-steps 200 --ema 0.999 --epochs 60 --patience 0
        ;;
    # Beside each other at equal cost.
    scales-a) on_mnist scales-a multiscale "${half[@]}" --set channels=25 --set blocks=4 ;;
    scales-b) on_mnist scales-b multiscale "${half[@]}" --set channels=24 --set blocks=3 \
        --set patch=4 ;;
    scales-pixelcnn) on_mnist scales-pixelcnn pixelcnn "${half[@]}" --set channels=24 \
        --set blocks=7 ;;
    scales-pixelcnn-wide) on_mnist scales-pixelcnn-wide pixelcnn "${half[@]}" --set channels=18 \
        --set blocks=7 --set kernel=11 --set block_kernel=5 ;;
    slices) on_mnist slices subscale "${half[@]}" --set channels=16 --set embedding=16 \
        --set width=16 --set layers=3 ;;
    slices-gated) on_mnist slices-gated gated-pixelcnn "${half[@]}" --set channels=16 \
        --set layers=8 ;;
    # 54 million multiply-adds a digit.
    grey-bits) on_grey grey-bits grayscale --view bits:4 --set filters=12 --set depth=3 \
        --set first_depth=3 --set embedding=2 ;;
    grey-pixelcnn) on_grey grey-pixelcnn pixelcnn --set channels=28 --set blocks=7 \
        --set head=64 ;;
    # 380 million multiply-adds a piece.
    photographs-plus) on_photographs photographs-plus pixelcnn++ --set filters=10 ;;
    photographs-multiscale) on_photographs photographs-multiscale multiscale \
        --set distribution=logistic --set channels=29 ;;
    photographs-grayscale) on_photographs photographs-grayscale grayscale --view ycocg \
        --set distribution=logistic --set filters=16 --set depth=2 --set first_depth=2 \
        --set embedding=2 ;;
    photographs-subscale) on_photographs photographs-subscale subscale \
        --set distribution=logistic --set channels=19 --set embedding=19 --set width=16 \
        --set head=32 ;;
    # Of equal cost, as `likely info` has it.
    characters-lstm) on_characters characters-lstm charrnn --epochs 16 --set layers=1 \
        --set width=336 --set dropout=0.3 --set recurrent_dropout=0.2 --learning-rate 0.004 ;;
    characters-transformer) on_characters characters-transformer transformer --epochs 20 \
        --set layers=4 --set width=96 --set heads=4 --set window=192 --window 192 --batch-size 16 \
        --set dropout=0.3 --set attention_dropout=0.1 --learning-rate 0.003 ;;
    # Of equal cost again.
    sound-wavenet) on_fsdd sound-wavenet wavenet --epochs 3 ;;
    sound-conv1d) on_fsdd sound-conv1d conv1d --epochs 3 --set layers=18 --set cycle=9 \
        --set kernel=2 --set channels=73 --set head=128 ;;
    sound-lstm) on_fsdd sound-lstm charrnn --epochs 3 --set layers=1 --set width=270 ;;
    sound-wavenet-pcm16) on_fsdd sound-wavenet-pcm16 wavenet --epochs 2 --view pcm16 \
        --set distribution=logistic ;;
    sound-speaker) on_fsdd sound-speaker wavenet --epochs 3 --condition label --labels name:2 ;;
    sound-bytes) on_fsdd sound-bytes wavenet --epochs 4 --view bytes ;;
    *)
        echo "results: no experiment $1" >&2
        exit 2
        ;;
    esac
}

if [[ $# -eq 0 ]]; then
    set -- nips mixture-10 made-500 mushrooms dna mixture-500 made-8000 made-8000-32-masks \
        made-8000-8000-32-masks
fi
for name in "$@"; do
    run "$name"
done
