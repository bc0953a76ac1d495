# Pictures as people have them: with alpha, of 1 or 16 bits, turned, of several frames, in folders
# of folders. What is not read as it stands is said; what comes back has the pixels and the names.
. "$(dirname "$0")/lib.sh"

# png FILE WIDTH HEIGHT TYPE BITS SAMPLES [EXTRA]: samples as a Python expression of x, y, c (c is
# the channel); EXTRA: a chunk in front of the pixels, as "NAME:hexadecimal"
png() {
    python3 - "$@" <<'END'
import struct, sys, zlib
path, width, height, kind, bits = sys.argv[1], *map(int, sys.argv[2:6])
sample = eval("lambda x, y, c: " + sys.argv[6])
channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind]
rows = b""
for y in range(height):
    row = "".join(format(sample(x, y, c), f"0{bits}b") for x in range(width)
                  for c in range(channels))
    row += "0" * (-len(row) % 8)
    rows += b"\0" + bytes(int(row[i:i + 8], 2) for i in range(0, len(row), 8))
def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
extra = b"".join(chunk(e.split(":")[0].encode(), bytes.fromhex(e.split(":")[1]))
                 for e in sys.argv[7:])
open(path, "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(
    ">2I5B", width, height, bits, kind, 0, 0, 0)) + extra
    + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
END
}

quick=(--epochs 1 --quiet --set blocks=1 --set channels=2 --set head=3)

# values FILE: what of a picture is read, a line; options are of reading
values() {
    run train uniform --data "$1" --out "$work/reader" --quiet "${@:2}" >/dev/null
    run compress "$work/reader" --data "$1" --out "$work/reader.lk" --lossy "${@:2}" >/dev/null
    run decompress "$work/reader" --data "$work/reader.lk" --out "$work/reader.csv" >/dev/null
    cat "$work/reader.csv"
}

# expect_values WANT FILE OPTIONS...
expect_values() {
    local got
    got=$(values "${@:2}")
    [[ $got == "$1" ]] || fail "$2: values $got, expected $1"
    checks=$((checks + 1))
}

# said PATTERN ARGUMENTS...: the report, and the JSON, say so
said() {
    run "${@:2}" >"$work/text" 2>&1
    grep -qE -- "$1" "$work/text" || fail "likely ${*:2}: expected /$1/, got $(cat "$work/text")"
    run "${@:2}" --json >"$work/json" 2>/dev/null
    grep -qE -- "\"note\": \"([^\"]*; )?$1" "$work/json" ||
        fail "likely ${*:2} --json: expected /$1/, got $(cat "$work/json")"
    checks=$((checks + 2))
}

# ---- levels -------------------------------------------------------------------------------------

# The same picture of 1 and 8 bits has the same likelihood, and comes back white where it was.
png "$work/bw1.png" 8 8 0 1 '(x * y) % 3 == 1'
png "$work/bw8.png" 8 8 0 8 '255 * ((x * y) % 3 == 1)'
png "$work/grey.png" 8 8 0 8 '(37 * x + 11 * y) % 256'
run train pixelcnn --data "$work/grey.png" --out "$work/grey" "${quick[@]}" >/dev/null
for bits in 1 8; do
    run eval "$work/grey" --data "$work/bw$bits.png" --json >"$work/nll$bits"
    run compress "$work/grey" --data "$work/bw$bits.png" --out "$work/bw$bits.lk" >/dev/null
done
[[ $(json "$work/nll1" nll_nats) == "$(json "$work/nll8" nll_nats)" ]] ||
    fail "1 and 8 bits: $(json "$work/nll1" nll_nats), $(json "$work/nll8" nll_nats)"
run decompress "$work/grey" --data "$work/bw1.lk" --out "$work/back1.png" >/dev/null
run decompress "$work/grey" --data "$work/bw8.lk" --out "$work/back8.png" >/dev/null
expect_same "$work/back1.png" "$work/back8.png" "white is white"
said "levels spread" eval "$work/grey" --data "$work/bw1.png"
# A model of 0 and 1 takes 0 and 255, and no grey.
run train pixelcnn --data "$work/bw1.png" --out "$work/bw" "${quick[@]}" >/dev/null
said "read as fewer levels" eval "$work/bw" --data "$work/bw8.png"
expect_status 1 'grey.png: example 1, variable 2 is 37, but .* 0..1 .--binarize' eval "$work/bw" \
    --data "$work/grey.png"
run eval "$work/bw" --data "$work/bw8.png" --json >"$work/nll8"
run eval "$work/bw" --data "$work/bw1.png" --json >"$work/nll1"
[[ $(json "$work/nll1" nll_nats) == "$(json "$work/nll8" nll_nats)" ]] || fail "0/255 and 0/1"
# Validation and a given alphabet too.
run train pixelcnn --data "$work/bw1.png" --valid "$work/bw8.png" --out "$work/v" "${quick[@]}" \
    >/dev/null
run info "$work/v" | grep -q 'alphabet 2' || fail "validation of 0 and 255: $(run info "$work/v")"
png "$work/two.png" 2 1 0 1 '1 - x'
expect_values "255,0" "$work/two.png" --alphabet 256
# Both in one folder.
mkdir "$work/mixed"
cp "$work/bw1.png" "$work/grey.png" "$work/mixed"
said "1 of 2 pictures: levels spread" eval "$work/grey" --data "$work/mixed"
run train pixelcnn --data "$work/mixed" --binarize threshold --out "$work/v" "${quick[@]}" \
    >/dev/null
run compress "$work/v" --data "$work/mixed" --binarize threshold --out "$work/v.lk" >/dev/null
# A float or a colour that no pixel has changes nothing.
png "$work/unused.png" 4 1 0 1 '1' tRNS:0000
expect_values "1,1,1,1" "$work/unused.png"
png "$work/palette.png" 3 1 3 8 'x' PLTE:0000007f7f7fffffff
png "$work/palette2.png" 3 1 3 8 'x' PLTE:0000007f7f7fffffffff0000 tRNS:ffffff00
expect_values "0,127,255" "$work/palette.png"
expect_values "0,127,255" "$work/palette2.png"

# ---- 16 bits ------------------------------------------------------------------------------------

png "$work/deep.png" 3 1 0 16 '[0, 513, 65535][x]'
expect_values "0,513,65535" "$work/deep.png"
expect_values "0,2,255" "$work/deep.png" --depth 8
png "$work/deep8.png" 8 8 0 16 '(x * y) << 8'
expect_status 1 'holds more than the model takes \(the high 8 of 16 bits read\).*--lossy' \
    compress "$work/grey" --data "$work/deep8.png" --depth 8 --out "$work/lost.lk"
expect_status 1 'deep8.png: has 65536 levels, .*--depth 8' eval "$work/grey" \
    --data "$work/deep8.png"
said "the high 8 of 16 bits read" eval "$work/grey" --data "$work/deep8.png" --depth 8

# ---- transparency -------------------------------------------------------------------------------

png "$work/clear.png" 8 8 6 8 '(255 if x else 51) if c == 3 else 20 * c + 3 * x + y'
png "$work/opaque.png" 8 8 6 8 '255 if c == 3 else 20 * c + 3 * x + y'
png "$work/colour.png" 8 8 2 8 '20 * c + 3 * x + y'
png "$work/grey-alpha.png" 2 1 4 8 '[[10, 20], [30, 255]][x][c]'
expect_values "10,20,30,255" "$work/grey-alpha.png"
expect_values "10,30" "$work/grey-alpha.png" --alpha drop
expect_values "236,30" "$work/grey-alpha.png" --alpha white
expect_values "$(values "$work/colour.png")" "$work/opaque.png"
# What a model was trained with is remembered.
run train pixelcnn --data "$work/clear.png" --out "$work/kept" "${quick[@]}" >/dev/null
run train pixelcnn --data "$work/clear.png" --alpha white --out "$work/white" "${quick[@]}" \
    >/dev/null
run info "$work/kept" | grep -q 8x8x4 || fail "four channels: $(run info "$work/kept")"
for verb in eval score check; do
    said "transparency laid on white" $verb "$work/white" --data "$work/clear.png"
    said "transparency kept as the last channel" $verb "$work/kept" --data "$work/clear.png"
    said "read as opaque, of one channel more" $verb "$work/kept" --data "$work/colour.png"
done
run compress "$work/kept" --data "$work/clear.png" --out "$work/clear.lk" >/dev/null
run decompress "$work/kept" --data "$work/clear.lk" --out "$work/clear-back.png" >/dev/null
expect_values "$(values "$work/clear.png")" "$work/clear-back.png"
run train pixelcnn --data "$work/colour.png" --out "$work/colour" "${quick[@]}" >/dev/null
expect_status 1 'clear.png: .*8x8x4.*--alpha drop or white' eval "$work/colour" \
    --data "$work/clear.png"
run sample "$work/kept" --count 3 --out "$work/three.png" >/dev/null
run sample "$work/kept" --count 1 --given "$work/clear.png" --out "$work/given.png" >/dev/null

# ---- which way up, and how many -----------------------------------------------------------------

png "$work/turned.png" 2 1 0 8 '10 + x' eXIf:4d4d002a00000008000101120003000000010006000000000000
expect_values "10,11" "$work/turned.png"
said "EXIF says how to turn it" train uniform --data "$work/turned.png" --out "$work/u"
said "turned as EXIF says" train uniform --data "$work/turned.png" --orient --out "$work/u"
run info "$work/u" | grep -q 2x1x1 || fail "turned: $(run info "$work/u")"
said "turned as EXIF says" eval "$work/u" --data "$work/turned.png"
png "$work/moving.png" 2 1 0 8 '10 + x' acTL:0000000700000000
said "the first of 7 frames read" train uniform --data "$work/moving.png" --out "$work/u"

# ---- before it costs anything -------------------------------------------------------------------

# 36 million pixels of nothing, in 35 KB; and of three channels.
cat >"$work/bomb.py" <<'END'
import struct, sys, zlib
def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
packer, data = zlib.compressobj(9), b""
for y in range(6000):
    data += packer.compress(bytes(1 + 6000 * int(sys.argv[3])))
open(sys.argv[1], "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(
    ">2I5B", 6000, 6000, 8, int(sys.argv[2]), 0, 0, 0)) + chunk(b"IDAT", data + packer.flush())
    + chunk(b"IEND", b""))
END
python3 "$work/bomb.py" "$work/bomb.png" 0 1
python3 "$work/bomb.py" "$work/colours.png" 2 3
run train uniform --data "$work/grey.png" --out "$work/made" --quiet >/dev/null
(
    # The pixels and their values alone are 108 MB; threads have their stacks, sanitizers maps.
    [[ $(nm -D "${likely[0]}" 2>/dev/null | grep -c '__[amt]san_init') -gt 0 ]] || ulimit -v 400000
    expect_status 1 'bomb.png: examples are 6000x6000x1 .*model is for 8x8x1' eval "$work/made" \
        --data "$work/bomb.png" --threads 1
)
expect_status 1 'bomb.png: its pixels .*--memory' train uniform --data "$work/bomb.png" \
    --out "$work/no" --memory 50M
expect_status 1 'colours.png: an example is 6000x6000x3 .*takes 1 to 67108864.*--crop' \
    train uniform --data "$work/colours.png" --out "$work/no" --memory 50M
expect_status 1 'bomb.png has 36000000 variables.*grey.png has 64' train uniform \
    --data "$work/grey.png" --valid "$work/bomb.png" --out "$work/no" --memory 50M
expect_status 1 'clear.png has 256 variables.*--alpha drop or white' train uniform \
    --data "$work/colour.png" --valid "$work/clear.png" --out "$work/no"
run train pixelcnn --data "$work/grey.png" --out "$work/grey" "${quick[@]}" >/dev/null
expect_status 1 'colours.png: examples are 6000x6000x3 .*as many channels' eval "$work/grey" \
    --data "$work/colours.png" --memory 50M
expect_status 1 'bomb.png: examples are 6000x6000x1 .*the model is for 8x8x1' \
    train --from "$work/grey" --data "$work/bomb.png" --out "$work/no" --memory 50M
mkdir "$work/bombs"
cp "$work/grey.png" "$work/bombs/a.png"
cp "$work/bomb.png" "$work/bombs/b.png"
expect_status 1 'b.png: 6000x6000 .*a.png is 8x8' train uniform --data "$work/bombs" \
    --out "$work/no" --memory 50M

# ---- folders ------------------------------------------------------------------------------------

mkdir -p "$work/tree/7/old" "$work/tree/10"
png "$work/tree/7/a.png" 8 8 0 8 '(37 * x + 11 * y) % 256'
png "$work/tree/7/old/a.png" 8 8 0 8 '(7 * x + 11 * y) % 256'
png "$work/tree/10/b.png" 8 8 0 8 '(x + 11 * y) % 256'
run compress "$work/grey" --data "$work/tree" --out "$work/tree.lk" >/dev/null
run decompress "$work/grey" --data "$work/tree.lk" --out "$work/tree-back" >"$work/text"
! grep -q "left out" "$work/text" || fail "all is kept: $(cat "$work/text")"
files() { (cd "$1" && find . -type f | sort); }
[[ $(files "$work/tree") == "$(files "$work/tree-back")" ]] ||
    fail "names: $(cd "$work/tree-back" && find .)"
run compress "$work/grey" --data "$work/tree-back/" --out "$work/tree2.lk" >/dev/null
expect_same "$work/tree.lk" "$work/tree2.lk" "pixels, names and labels of a folder"
run decompress "$work/grey" --data "$work/tree.lk" --out "$work/tree.npy" >"$work/text"
grep -q "tree.npy: labels are left out; names of files are left out" "$work/text" ||
    fail "what is lost is said: $(cat "$work/text")"
# A JPEG comes back as a PNG, and one of that name may stand beside it.
cp -r "$work/tree/7" "$work/twins"
cp "$work/twins/a.png" "$work/twins/a.jpg"
run compress "$work/grey" --data "$work/twins" --out "$work/twins.lk" >"$work/text"
! grep -q "two pictures" "$work/text" || fail "a.png, and a.jpg as a.jpg.png: $(cat "$work/text")"
cp "$work/twins/a.png" "$work/twins/a.jpg.png"
run compress "$work/grey" --data "$work/twins" --out "$work/twins.lk" >"$work/text"
grep -q "two pictures would come back as 'a.jpg.png'" "$work/text" || fail "$(cat "$work/text")"
expect_status 1 "a.jpg.png: two pictures would have this name" \
    decompress "$work/grey" --data "$work/twins.lk" --out "$work/twins-back/"
run decompress "$work/grey" --data "$work/twins.lk" --out "$work/twins.npy" >/dev/null
run score "$work/grey" --data "$work/tree" --out "$work/scores.csv" >/dev/null
for row in '"10/b.png",.*,10,' '"7/a.png",.*,7,' '"7/old/a.png",.*,7,'; do
    grep -q "$row" "$work/scores.csv" || fail "$row: $(cat "$work/scores.csv")"
done
printf 'P5 8 8 255 %064d' 0 >"$work/tree/c.pgm"
run eval "$work/grey" --data "$work/tree" --json >"$work/json"
[[ $(json "$work/json" examples) -eq 4 ]] || fail "four pictures: $(cat "$work/json")"

# ---- what comes back ----------------------------------------------------------------------------

run train uniform --data "$work/tree/10" --out "$work/flat" --quiet >/dev/null
run compress "$work/grey" --data "$work/tree" --out "$work/tree.lk" >/dev/null
expect_status 1 'x.png: 4 examples are more than one picture holds: write a folder' decompress \
    "$work/grey" --data "$work/tree.lk" --out "$work/x.png"
for ending in bmp webp tiff gif h5 jpg; do
    expect_status 1 "x.$ending: .*write" decompress "$work/grey" --data "$work/tree.lk" \
        --out "$work/x.$ending"
done
seq -s, 0 99 >"$work/hundred.csv"
run train uniform --data "$work/hundred.csv" --out "$work/hundred" --quiet >/dev/null
run compress "$work/hundred" --data "$work/hundred.csv" --out "$work/hundred.lk" >/dev/null
for kind in png pgm; do # a vector of 100 is a square of 10 x 10; values stay what they are
    run decompress "$work/hundred" --data "$work/hundred.lk" --out "$work/hundred.$kind" >/dev/null
    expect_values "$(cat "$work/hundred.csv")" "$work/hundred.$kind"
done
run sample "$work/hundred" --count 1 --out "$work/drawn.png" >"$work/text"
grep -q 'drawn.png: values 0 to 99 are drawn as 0 to 255' "$work/text" || fail "$(cat "$work/text")"
seq -s, 0 1000 63000 >"$work/deep.csv"
run train uniform --data "$work/deep.csv" --out "$work/deep" --quiet >/dev/null
run compress "$work/deep" --data "$work/deep.csv" --out "$work/deep.lk" >/dev/null
run decompress "$work/deep" --data "$work/deep.lk" --out "$work/deep-back.png" >/dev/null
expect_values "$(cat "$work/deep.csv")" "$work/deep-back.png"

# ---- what is none ------------------------------------------------------------------------------

python3 - "$work" <<'END'
import sys, zipfile
for name, entry in (("book.xlsx", "xl/workbook.xml"), ("tensor.pt", "tensor/data.pkl"),
                    ("plain.zip", "notes.txt")):
    with zipfile.ZipFile(f"{sys.argv[1]}/{name}", "w") as archive:
        archive.writestr(entry, "x")
END
expect_status 1 'book.xlsx: an Excel workbook .*save the table as CSV' train uniform \
    --data "$work/book.xlsx" --out "$work/no"
expect_status 1 'tensor.pt: a PyTorch file; save the array: numpy.save' train uniform \
    --data "$work/tensor.pt" --out "$work/no"
expect_status 1 'plain.zip: a ZIP archive without NPY arrays; unpack it' train uniform \
    --data "$work/plain.zip" --out "$work/no"
printf 'GIF89a\1\0\1\0' >"$work/tree/c.png"
expect_status 1 'c.png: not a known data format, but a GIF; convert it' train uniform \
    --data "$work/tree" --out "$work/no"

# ---- a square vector is a picture ---------------------------------------------------------------

make_rows 30 64 1 >"$work/vectors.txt"
run train made --data "$work/vectors.txt" --out "$work/vectors" --epochs 1 --quiet --set hidden=4 \
    >/dev/null
png "$work/half1.png" 8 4 0 1 '(x + y) % 2'
png "$work/half8.png" 8 4 0 8 '255 * ((x + y) % 2)'
for bits in 1 8; do
    run sample "$work/vectors" --count 2 --given "$work/half$bits.png" --out "$work/done$bits.txt" \
        >/dev/null
    run sample "$work/vectors" --count 2 --given "$work/half$bits.png" --out "$work/done$bits.png" \
        >/dev/null
done
expect_same "$work/done1.txt" "$work/done8.txt" "0/1 and 0/255 given"
[[ $(cut -c 1-32 "$work/done1.txt" | uniq) == 01010101101010100101010110101010 ]] ||
    fail "the upper half is held: $(cat "$work/done1.txt")"
run sample "$work/vectors" --count 1 --given "$work/vectors.txt" --given-rows 3 \
    --out "$work/d.txt" >/dev/null
finish
