# Pictures as data, as a user has them: read, trained on, compressed and restored pixel for pixel.
. "$(dirname "$0")/lib.sh"

# make_png FILE WIDTH HEIGHT CHANNELS SEED: a smooth picture with a little noise
make_png() {
    python3 - "$@" <<'END'
import random, struct, sys, zlib
path, width, height, channels, seed = sys.argv[1], *map(int, sys.argv[2:])
noise = random.Random(seed)
rows = b"".join(b"\0" + bytes((seed * 37 + 9 * x + 5 * y + 60 * c + noise.randrange(8)) % 256
                              for x in range(width) for c in range(channels)) for y in range(height))
def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
open(path, "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">2I5B", width, height, 8, 2 if channels == 3 else 0, 0, 0, 0))
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
run train pixelcnn --data "$work/a.png" --out "$work/m" --epochs 2 --quiet --set blocks=1 --set channels=4 --set head=5 >/dev/null
run train uniform --data "$work/a.png" --out "$work/flat" --quiet >/dev/null
[[ $(pixels "$work/a.png" | tr ',' '\n' | wc -l) -eq 192 ]] || fail "8x8x3 values expected"
run compress "$work/m" --data "$work/b.png" --out "$work/b.lk" >/dev/null
run decompress "$work/m" --data "$work/b.lk" --out "$work/restored.png" >/dev/null
expect_same <(pixels "$work/b.png") <(pixels "$work/restored.png") "a PNG is restored"
run decompress "$work/m" --data "$work/b.lk" --out "$work/restored" >/dev/null
expect_same "$work/restored.png" "$work/restored" "the container knows that it was a PNG"
cmp -s <(pixels "$work/a.png") <(pixels "$work/b.png") && fail "other pixels expected"

head -c 100 "$work/a.png" >"$work/cut.png"
expect_status 1 'cut.png: byte 100: libpng cannot read it: the file ends' eval "$work/m" --data "$work/cut.png"
make_png "$work/grey.png" 8 8 1 1
expect_status 1 'grey.png: examples are 8x8x1' eval "$work/m" --data "$work/grey.png"
finish
