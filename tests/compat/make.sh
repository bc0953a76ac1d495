#!/usr/bin/env bash
# What made the corpus in this folder, kept for the record: models, containers and checkpoints that
# version 0.1.0 of the command wrote, and what it answered about them. Nothing runs it; another
# version would write another corpus, and that is not what this one is for.
#
#     tests/compat/make.sh PATH-OF-THE-0.1-COMMAND
#
# Data are the same on any machine (a Lehmer generator of its own); models are, too, but for the
# times in their histories.
LIKELY=${1:?the path of the command, version 0.1}
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/observe.sh"
[[ $(run --help | head -1) == "likely 0.1."* ]] || fail "$LIKELY is not version 0.1"
cd "$compat"
rm -rf data models containers checkpoints expected
mkdir data models containers checkpoints expected

# ---- data ----------------------------------------------------------------------------------------

# rows COUNT VARIABLES ALPHABET SEED SEPARATOR: values that tend to be near those before them
rows() {
    awk -v n="$1" -v d="$2" -v k="$3" -v s="$4" -v comma="$5" '
        function draw() { s = s * 16807 % 2147483647; return s / 2147483647 }
        BEGIN { s = s * 7919 + 1; draw(); draw()
            for (i = 0; i < n; i++) { line = ""; x = int(draw() * k)
                for (v = 0; v < d; v++) {
                    u = draw()
                    x = u < 0.6 ? x : u < 0.9 ? (x + 1) % k : int(draw() * k)
                    line = line (v ? comma : "") x }
                print line } }'
}

# sentences COUNT SEED
sentences() {
    awk -v n="$1" -v s="$2" '
        function draw() { s = s * 16807 % 2147483647; return s / 2147483647 }
        BEGIN { s = s * 7919 + 1; draw(); draw()
            count = split("the cat saw a small dog café and went über the hill", word, " ")
            for (i = 0; i < n; i++) { line = ""
                for (w = 3 + int(4 * draw()); w > 0; w--)
                    line = line word[1 + int(count * draw())] " "
                print line "." } }'
}

# binary_file KIND FILE.csv OUT SHAPE: an NPY file, a PNG or a CIFAR-10 batch of the rows of a CSV
# file; of the last, the first value is the label
binary_file() {
    python3 - "$@" <<'END'
import struct, sys, zlib
kind, source, out, shape = sys.argv[1:]
rows = [bytes(map(int, line.split(","))) for line in open(source)]
shape = [int(size) for size in shape.split("x")]
def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
if kind == "npy":
    text = "{'descr': '|u1', 'fortran_order': False, 'shape': %r, }" % (tuple([len(rows)] + shape),)
    data = b"\x93NUMPY\x01\x00\x76\x00" + text.ljust(117).encode() + b"\n" + b"".join(rows)
elif kind == "png":
    height, width, channels = shape
    size = width * channels
    pixels = b"".join(b"\0" + rows[0][y * size:][:size] for y in range(height))
    header = struct.pack(">2I5B", width, height, 8, 2 if channels == 3 else 0, 0, 0, 0)
    data = (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(pixels))
            + chunk(b"IEND", b""))
else:
    data = b"".join(rows)
open(out, "wb").write(data)
END
}

rows 9 12 2 1 '' >data/binary.txt
rows 60 12 2 2 '' >data/binary-train.txt
rows 60 4 2 3 '' >data/narrow-train.txt
sort -u data/narrow-train.txt | head -5 >data/narrow.txt
rows 40 4 2 3 '' | grep -v 0110 >data/narrow-holes.txt
echo 0110 >data/unseen.txt
rows 7 6 4 4 , >data/symbols.csv
rows 60 6 4 5 , >data/symbols-train.csv
rows 4 19 4 6 , >data/long.csv
rows 5 35 2 7 '' >data/large.txt
rows 6 20 16 8 , >data/grey.csv
rows 30 20 16 9 , >data/grey-train.csv
rows 3 24 16 10 , >data/large-grey.csv
rows 5 36 4 11 , >data/colour.csv
rows 30 36 4 12 , >data/colour-train.csv
rows 3 45 4 13 , >data/large-colour.csv
rows 6 12 256 14 , >data/bright.csv
rows 40 12 256 15 , >data/bright-train.csv
rows 6 12 3 16 , >data/grid.npy.csv
binary_file npy data/grid.npy.csv data/grid.npy 3x2x2
rows 1 126 256 17 , >data/photograph.png.csv
binary_file png data/photograph.png.csv data/photograph.png 6x7x3
rows 1 54 256 18 , >"$work/colour"
binary_file npy "$work/colour" data/picture-cifar10.npy 6x3x3
rows 1 24 16 19 , >"$work/grey"
binary_file npy "$work/grey" data/picture-grey.npy 4x6
rows 2 3072 256 20 , | awk '{ print NR * 3 "," $0 }' >"$work/cifar10"
binary_file cifar10 "$work/cifar10" data/cifar10.bin 3073
printf '? 1 ? ? 0 0 ? ? ? ? ? 1\n1 ? 1\n' >data/held
sentences 70 1 >data/text-train.txt
sentences 10 2 >data/chapter.txt
{
    head -2 data/chapter.txt
    printf 'Ωμέγα \360\237\230\200 \377\376 \303 \300\257 \355\240\200 zero: \0, cut off: \342\202'
} >data/strange
: >data/empty
printf 'a:\nb: a\nc: a\nd: b, c\n' >data/narrow.dag
{ echo 'v0:' && for v in 1 2 3 4 5; do echo "v$v: v$((v / 2))"; done; } >data/symbols.dag
echo '3 0 0 1 1 2 2 4 4 4 5 5' | tr ' ' '\n' >data/ranks

# ---- models --------------------------------------------------------------------------------------

# model NAME FAMILY DATA OPTIONS...
model() {
    run train "$2" --data "data/$3" --out "models/$1.likely" --seed 2 --quiet "${@:4}" >/dev/null
    rm -f "models/$1.likely.checkpoint"
}
steps=(--batch-size 6 --learning-rate 0.02 --ema 0.9)
few=("${steps[@]}" --epochs 2)
binary=(binary-train.txt --valid data/binary.txt)
symbols=(symbols-train.csv --valid data/symbols.csv)
grey=(grey-train.csv --valid data/grey.csv --alphabet 16 --shape 5x4x1)
colour=(colour-train.csv --valid data/colour.csv --alphabet 4 --shape 4x3x3)
large=("${few[@]}" --valid-fraction 0)

model uniform uniform symbols-train.csv --alphabet 4
model histogram-joint histogram narrow-train.txt --set smoothing=0.5
model histogram-joint-zero histogram narrow-holes.txt --set smoothing=0 --set joint=yes
model histogram-apart histogram "${symbols[@]}" --set joint=no
model histogram-apart-zero histogram "${binary[@]}" --set smoothing=0 --set cells=100
model mixture-binary bernoulli-mixture "${binary[@]}" --set components=3
model mixture-symbols bernoulli-mixture "${symbols[@]}" --set components=4 --set smoothing=0.3 \
    --set starts=2 --set short_iterations=3 --set iterations=9 --set patience=2
model bayesnet-chain bayesnet "${binary[@]}" "${few[@]}" --set hidden=3
model bayesnet-apart bayesnet "${symbols[@]}" "${few[@]}" --set graph=independent
model bayesnet-dag bayesnet narrow-train.txt "${large[@]}" --set graph=data/narrow.dag \
    --set hidden=3,2 --set activation=tanh
model bayesnet-dag-symbols bayesnet "${symbols[@]}" "${few[@]}" --set graph=data/symbols.dag \
    --set hidden= --set activation=softplus
model made made "${binary[@]}" "${few[@]}" --set hidden=8
model made-deep made "${binary[@]}" "${few[@]}" --set hidden=7,5 --set activation=tanh \
    --set init=orthogonal --set dropout=0.1
model made-masks made "${binary[@]}" "${few[@]}" --set hidden=8 --set masks=3 --set mask_seed=4
model made-near made "${binary[@]}" "${few[@]}" --order reversed --set hidden=9 \
    --set masks=2 --set degrees=near --set shift=2 --set activation=sigmoid
model made-agnostic made "${binary[@]}" "${few[@]}" --set hidden=8 --set masks=4 \
    --set order_agnostic=true
model made-indirect made "${binary[@]}" "${few[@]}" --set hidden=8 --set direct=false \
    --set degrees=random --set input_dropout=0.1 --set init=he
model made-symbols made "${symbols[@]}" "${few[@]}" --set hidden=6 --set activation=softplus
model made-random-order made "${symbols[@]}" "${few[@]}" --set hidden=5 --order random:7
model made-ranks made "${binary[@]}" "${few[@]}" --set hidden=8 --order data/ranks
model made-threshold made bright-train.csv --valid data/bright.csv --binarize threshold \
    "${few[@]}" --set hidden=5
model made-drawn made bright-train.csv --valid data/bright.csv --binarize sample \
    --binarize-seed 3 "${few[@]}" --set hidden=5
model made-three-axes made grid.npy --alphabet 3 "${large[@]}" --set hidden=4
model conv1d-binary conv1d "${binary[@]}" "${few[@]}" --set layers=3 --set channels=3 --set head=4
model conv1d-symbols conv1d "${symbols[@]}" "${few[@]}" --set layers=4 --set channels=3 \
    --set head=4 --set kernel=2 --set dilation=3 --set cycle=2
model conv1d-norm conv1d "${symbols[@]}" "${few[@]}" --set layers=2 --set channels=4 --set head=3 \
    --set norm=channel
model conv1d-weight-norm conv1d "${symbols[@]}" "${few[@]}" --set layers=2 --set channels=3 \
    --set head=4 --set weight_norm=true
pixels=(--set channels=3 --set head=4)
model pixelcnn-binary pixelcnn "${binary[@]}" --shape 4x3x1 "${few[@]}" "${pixels[@]}" \
    --set blocks=2 --set kernel=5
model pixelcnn-grey pixelcnn "${grey[@]}" "${few[@]}" "${pixels[@]}" --set blocks=1 --set kernel=3 \
    --set block_kernel=5
model pixelcnn-colour pixelcnn "${colour[@]}" "${few[@]}" --set channels=2 --set head=3 \
    --set blocks=1 --set kernel=3
model pixelcnn-norm pixelcnn "${colour[@]}" "${few[@]}" --set channels=2 --set head=3 \
    --set blocks=1 --set kernel=3 --set norm=channel
model pixelcnn-weight-norm pixelcnn "${grey[@]}" "${few[@]}" "${pixels[@]}" --set blocks=1 \
    --set kernel=3 --set weight_norm=true --set dropout=0.1
model pixelcnn-cifar10 pixelcnn cifar10.bin "${large[@]}" --set channels=2 --set head=1 \
    --set blocks=1 --set kernel=3
model pixelrnn-row pixelrnn "${binary[@]}" --shape 4x3x1 "${few[@]}" "${pixels[@]}" \
    --set layers=2 --set kernel=5
model pixelrnn-diagonal pixelrnn "${binary[@]}" --shape 4x3x1 "${few[@]}" "${pixels[@]}" \
    --set kind=diagonal --set layers=2 --set kernel=3
model pixelrnn-row-colour pixelrnn "${colour[@]}" "${few[@]}" --set channels=1 --set head=3 \
    --set layers=1 --set kernel=3
model pixelrnn-diagonal-grey pixelrnn "${grey[@]}" "${few[@]}" --set channels=2 --set head=3 \
    --set kind=diagonal --set layers=1 --set kernel=3
model charrnn-lstm charrnn "${binary[@]}" "${few[@]}" --set width=4 --set dropout=0.1
model charrnn-gru charrnn "${symbols[@]}" "${few[@]}" --set cell=gru --set width=5 --set layers=1
model charrnn-tanh charrnn "${symbols[@]}" "${few[@]}" --set cell=tanh --set width=6
model charrnn-embedding charrnn "${symbols[@]}" "${few[@]}" --set embedding=3 --set width=5 \
    --set layers=1 --set recurrent_dropout=0.1 --set weight_dropout=0.1
model charrnn-windows charrnn text-train.txt --raw --shape 8 --alphabet 256 "${steps[@]}" \
    --epochs 1 --set cell=gru --set width=2 --set layers=1 --set embedding=2

text=("${steps[@]}" --epochs 2 --window 20)
model lstm-characters charrnn text-train.txt --text utf8 "${text[@]}" --set width=5
model lstm-bytes charrnn text-train.txt --text bytes "${text[@]}" --set width=3 --set layers=1 \
    --set embedding=2 --set locked_dropout=true --set dropout=0.1
model gru-characters charrnn text-train.txt --text utf8 "${text[@]}" --set cell=gru --set width=6 \
    --set layers=1
model tanh-characters charrnn text-train.txt --text utf8 "${text[@]}" --set cell=tanh \
    --set width=6 --set layers=1
model conv1d-characters conv1d text-train.txt --text utf8 "${text[@]}" --set layers=3 \
    --set channels=5 --set head=5
model conv1d-bytes conv1d text-train.txt --text bytes "${text[@]}" --set layers=2 \
    --set channels=2 --set head=2 --set kernel=2 --set weight_norm=true

# ---- containers ----------------------------------------------------------------------------------

# contain MODEL DATA[+HOW] OPTIONS...: containers/MODEL/DATA[+HOW].lk
contain() {
    mkdir -p "containers/$1"
    run compress "models/$1.likely" --data "data/${2%%+*}" --out "containers/$1/$2.lk" "${@:3}" \
        >/dev/null
}
while read -r name data other shape; do
    case $data in
    '' | raw) continue ;;
    bright.csv) contain "$name" "$data" ;;
    cifar10.bin) contain "$name" "$data+chunks" --chunk-examples 1 ;;
    *) contain "$name" "$data" && contain "$name" "$data+chunks" --chunk-examples 2 ;;
    esac
    [[ -z $other ]] || contain "$name" "$other" --shape "$shape"
done <<<"$examples"
make_tall "$work/tall.txt"
run compress models/pixelcnn-binary.likely --data "$work/tall.txt" --shape 300x224x1 \
    --out containers/pixelcnn-binary/tall.txt.lk >/dev/null
contain made binary-train.txt+table --chunk-examples 1 # too many chunks for a table in the header
contain uniform symbols-train.csv+table --chunk-examples 1
while read -r name _; do
    [[ -n $name ]] || continue
    as=()
    [[ $name != charrnn-windows ]] || as=(--text bytes)
    contain "$name" chapter.txt "${as[@]}"
    contain "$name" chapter.txt+lanes "${as[@]}" --lanes 3 --chunk-symbols 150
    contain "$name" chapter.txt+learning "${as[@]}" --adapt 0.004 --lanes 2 --chunk-symbols 200
    contain "$name" text-train.txt "${as[@]}"
    contain "$name" strange "${as[@]}"
    contain "$name" strange+learning "${as[@]}" --adapt 0.004
    contain "$name" empty "${as[@]}"
done <<<"$texts"

# ---- checkpoints, and the 0.1 answers ------------------------------------------------------------

for name in $runs; do
    broken=(--epochs 2)
    [[ $name != made-in-epoch ]] || broken=(--epochs 3 --minutes 0.0000001) # after one step
    begun "$name" --out "$work/broken" "${broken[@]}" >/dev/null
    cp "$work/broken.checkpoint" "checkpoints/$name.checkpoint"
    begun "$name" --out "$work/whole" --epochs 3 >"$work/whole.json"
    begun "$name" --out "$work/broken" --epochs 3 --resume >"$work/broken.json"
    [[ $(json "$work/whole.json" fingerprint) == "$(json "$work/broken.json" fingerprint)" ]] ||
        fail "$name: resumed, it ends in another model"
    [[ $(json "$work/broken.json" best_epoch) -eq 3 ]] || fail "$name: it got no better resumed"
done
observe_runs >expected/runs.txt
for file in models/*.likely; do
    name=$(basename "$file" .likely)
    observe "$name" >"expected/$name.txt"
done
if grep -l 'ended with exit status' expected/*; then
    fail "0.1 did not answer"
fi
if grep -h -E 'restored from|naively' expected/* | grep -v ': the same$' | grep -v 'begins with' |
    grep -v 'bright.csv: [01,]*$'; then
    fail "0.1 did not restore"
fi
du -sh --apparent-size .
