# Pictures as data, as a user has them: read, trained on, compressed and restored pixel for pixel.
. "$(dirname "$0")/lib.sh"

# make_png FILE WIDTH HEIGHT CHANNELS SEED: a smooth picture with a little noise
make_png() {
    python3 - "$@" <<'END'
import random, struct, sys, zlib
path, width, height, channels, seed = sys.argv[1], *map(int, sys.argv[2:])
noise = random.Random(seed)
rows = b"".join(b"\0" + bytes((seed * 37 + 9 * x + 5 * y + 60 * c + noise.randrange(8)) % 256
                              for x in range(width) for c in range(channels))
                for y in range(height))
def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
header = struct.pack(">2I5B", width, height, 8, 2 if channels == 3 else 0, 0, 0, 0)
open(path, "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
                       + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
END
}

# pixels FILE.png: its values
pixels() {
    run sample "$work/flat" --count 1 --given "$1" --given-variables 192 --out "$1.csv" >/dev/null
    cat "$1.csv"
}

make_png "$work/a.png" 8 8 3 1
make_png "$work/b.png" 8 8 3 2
run train pixelcnn --data "$work/a.png" --out "$work/m" --epochs 2 --quiet --set blocks=1 \
    --set channels=4 --set head=5 >/dev/null
run train uniform --data "$work/a.png" --out "$work/flat" --quiet >/dev/null
[[ $(pixels "$work/a.png" | tr ',' '\n' | wc -l) -eq 192 ]] || fail "8x8x3 values expected"
run compress "$work/m" --data "$work/b.png" --out "$work/b.lk" >/dev/null
run decompress "$work/m" --data "$work/b.lk" --out "$work/restored.png" >/dev/null
expect_same <(pixels "$work/b.png") <(pixels "$work/restored.png") "a PNG is restored"
run decompress "$work/m" --data "$work/b.lk" --out "$work/restored" >/dev/null
expect_same "$work/restored.png" "$work/restored" "the container knows that it was a PNG"
cmp -s <(pixels "$work/a.png") <(pixels "$work/b.png") && fail "other pixels expected"

# A picture of another size: coded whole, completed, mapped.
make_png "$work/large.png" 21 13 3 3
run compress "$work/m" --data "$work/large.png" --out "$work/large.lk" >/dev/null
run decompress "$work/m" --data "$work/large.lk" --out "$work/large-restored.png" >/dev/null
run compress "$work/m" --data "$work/large-restored.png" --out "$work/large2.lk" >/dev/null
expect_same "$work/large.lk" "$work/large2.lk" "a larger PNG is restored"
run sample "$work/m" --count 1 --given "$work/large.png" --given-rows 13 --plain \
    --out "$work/same.png" >/dev/null
expect_same "$work/large-restored.png" "$work/same.png" "all of a picture given"
run sample "$work/m" --count 2 --given "$work/large.png" --out "$work/halves.png" >/dev/null
run score "$work/m" --data "$work/large.png" --map "$work/map.png" --json >"$work/score"
grep -q '"bits_of": "pixel"' "$work/score" || fail "legend: $(cat "$work/score")"
# The map is a picture itself: two tiles and their lines.
run eval "$work/m" --data "$work/map.png" --json >"$work/eval"
[[ $(json "$work/eval" dimensions) -eq $((3 * 45 * 15)) ]] || fail "map: $(cat "$work/eval")"

# Photographs of different sizes, in crops: the same weights for any number of threads.
mkdir -p "$work/photos/trees" "$work/photos/sky"
make_png "$work/photos/sky/1.png" 20 12 3 3
make_png "$work/photos/sky/2.png" 12 20 3 4
make_png "$work/photos/trees/1.png" 16 16 3 5
expect_status 1 'photos/sky/2.png: 20x12 .*1.png is 12x20.*--crop' train uniform \
    --data "$work/photos" --out "$work/no"
expect_status 1 'trees/1.png: 16 x 16 pixels .* less than a crop of 16 x 17' train uniform \
    --data "$work/photos/trees" --crop 16x17 --out "$work/no"
for threads in 1 3; do
    run train pixelcnn --data "$work/photos" --crop 8x6 --crops 9 --out "$work/m$threads" \
        --epochs 3 --threads $threads --quiet --set blocks=1 --set channels=4 --set head=5 \
        --batch-size 4 --json >"$work/json$threads"
done
[[ $(json "$work/json1" fingerprint) == "$(json "$work/json3" fingerprint)" ]] ||
    fail "crops depend on threads"
run eval "$work/m1" --data "$work/photos" --crop 8x6 --json >"$work/eval"
[[ $(json "$work/eval" examples) -eq 11 && $(json "$work/eval" dimensions) -eq 144 ]] ||
    fail "11 tiles expected: $(cat "$work/eval")"
# Larger than the crops, as one image.
run eval "$work/m1" --data "$work/photos/trees/1.png" >/dev/null
expect_status 2 'crop 8: expected as 32x32' eval "$work/m1" --data "$work/photos" --crop 8
expect_status 2 'crops says nothing without --crop' train uniform --data "$work/photos" \
    --crops 8 --out "$work/no"

# A folder as CIFAR-10 unpacks.
mkdir "$work/cifar"
python3 - "$work/cifar" <<'END'
import random, sys
noise = random.Random(1)
def batch(name, count):
    with open(f"{sys.argv[1]}/{name}.bin", "wb") as out:
        for n in range(count):
            pixels = ((n * 20 + i // 32 % 32 * 3 + noise.randrange(4)) % 256 for i in range(3072))
            out.write(bytes([n % 10]) + bytes(pixels))
batch("data_batch_1", 6), batch("data_batch_2", 5), batch("test_batch", 3)
END
run train pixelcnn --data "$work/cifar" --valid "$work/cifar" --out "$work/cifar.likely" \
    --epochs 1 --quiet --set blocks=1 --set channels=2 --set head=3 --json >"$work/json"
grep -q '"examples": 11' "$work/json" && grep -q '"examples": 3' "$work/json" ||
    fail "11 and 3 examples expected: $(cat "$work/json")"
run compress "$work/cifar.likely" --data "$work/cifar/test_batch.bin" --out "$work/batch.lk" \
    >/dev/null
run decompress "$work/cifar.likely" --data "$work/batch.lk" --out "$work/batch" >/dev/null
expect_same "$work/cifar/test_batch.bin" "$work/batch" "a batch with its labels"
run decompress "$work/cifar.likely" --data "$work/batch.lk" --out "$work/pictures/" >/dev/null
run compress "$work/cifar.likely" --data "$work/pictures" --out "$work/pictures.lk" >/dev/null
run decompress "$work/cifar.likely" --data "$work/pictures.lk" --out "$work/again/" >/dev/null
for i in 0 1 2; do
    expect_same "$work/pictures/$i.png" "$work/again/$i.png" "picture $i of a folder"
done
run decompress "$work/cifar.likely" --data "$work/pictures.lk" --out "$work/pictures.npy" >/dev/null
run decompress "$work/cifar.likely" --data "$work/batch.lk" --out "$work/batch.npy" >/dev/null
expect_same "$work/batch.npy" "$work/pictures.npy" "pixels of a batch and of pictures"
run score "$work/cifar.likely" --data "$work/pictures" --out "$work/scores.csv" >/dev/null
grep -q '^example,name,nll_nats' "$work/scores.csv" && grep -q '^3,"2.png",' "$work/scores.csv" ||
    fail "names: $(cat "$work/scores.csv")"
run score "$work/cifar.likely" --data "$work/cifar" --out "$work/scores.csv" >/dev/null
[[ $(cut -d, -f6 "$work/scores.csv" | tr '\n' ' ') == "label 0 1 2 " ]] ||
    fail "labels: $(cat "$work/scores.csv")"
expect_status 1 'no/such/: cannot make the folder' decompress "$work/cifar.likely" \
    --data "$work/batch.lk" --out "$work/no/such/"

head -c 100 "$work/a.png" >"$work/cut.png"
expect_status 1 'cut.png: byte 100: libpng cannot read it: the file ends' eval "$work/m" \
    --data "$work/cut.png"
make_png "$work/grey.png" 8 8 1 1
expect_status 1 'grey.png: examples are 8x8x1' eval "$work/m" --data "$work/grey.png"
finish
