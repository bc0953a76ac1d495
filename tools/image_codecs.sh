#!/usr/bin/env bash
# What the usual lossless image codecs make of CIFAR-10 images, or of the pieces of 64 x 64 of a
# folder of PNG photographs:  tools/image_codecs.sh BATCH.bin|FOLDER OUT
#
# Needs Debian's netpbm, optipng, webp, libjxl-tools and python3. Every image as a file of its own,
# and all of them tiled into one large image (which is kinder to the codecs: one header, and
# statistics shared). Prints bytes and bits per sub-pixel; the files stay in OUT.
set -euo pipefail
batch=$1
out=$2
mkdir -p "$out/each"
for tool in pnmtopng optipng cwebp cjxl python3; do
    command -v "$tool" >/dev/null || {
        echo "image_codecs: $tool is missing:" \
            "apt-get install netpbm optipng webp libjxl-tools python3" >&2
        exit 1
    }
done

# To PPM files. In BATCH.bin a record is a label and the planes R, G, B of 32 x 32. The tiling is
# padded with black at its end.
if [[ -d $batch ]]; then
    for file in "$batch"/*.png; do pngtopnm "$file" >"$out/$(basename "$file").ppm"; done
fi
python3 - "$batch" "$out" <<'EOF'
import glob, os, sys
source, out = sys.argv[1:]
def pixels(record):
    return [bytes(v for p in range(y * side, y * side + side)
                  for v in (record[p], record[p + 1024], record[p + 2048]))
            for y in range(side)]
def save(path, rows):
    with open(path, "wb") as file:
        file.write(b"P6\n%d %d\n255\n" % (len(rows[0]) // 3, len(rows)) + b"".join(rows))
def pieces(path):
    with open(path, "rb") as file:
        kind, size, most = file.readline(), file.readline().split(), file.readline()
        data, width, height = file.read(), *map(int, size)
    assert (kind, most) == (b"P6\n", b"255\n") and len(data) == 3 * width * height, path
    for top in range(0, height - side + 1, side):
        for left in range(0, width - side + 1, side):
            yield [data[3 * (y * width + left) :][: 3 * side] for y in range(top, top + side)]
columns, tiled = 32, []
if os.path.isdir(source):
    side = 64
    images = [piece for path in sorted(glob.glob(out + "/*.png.ppm")) for piece in pieces(path)]
else:
    side, data = 32, open(source, "rb").read()
    images = [pixels(data[i + 1 : i + 3073]) for i in range(0, len(data), 3073)]
for i, rows in enumerate(images):
    save("%s/each/%05d.ppm" % (out, i), rows)
for first in range(0, len(images), columns):
    line = images[first : first + columns]
    line += [[bytes(3 * side)] * side] * (columns - len(line))
    tiled += [b"".join(image[y] for image in line) for y in range(side)]
save(out + "/tiled.ppm", tiled)
with open(out + "/subpixels", "w") as file:
    file.write(str(3 * side * side * len(images)))
EOF

png() { pnmtopng -compression 9 "$1" >"$2" 2>/dev/null; }
opt() {
    pnmtopng "$1" >"$2.png" 2>/dev/null &&
        optipng -quiet -o7 -clobber -out "$2" "$2.png" && rm "$2.png"
}
webp() { cwebp -quiet -lossless -z 9 -m 6 "$1" -o "$2"; }
jxl() { cjxl --quiet -d 0 -e 9 "$1" "$2" 2>/dev/null; }

subpixels=$(<"$out/subpixels")
line() {
    awk -v n="$1" -v k="$2" -v b="$3" -v s="$subpixels" \
        'BEGIN { printf "%-8s %-6s %10d bytes  %.4f bits per sub-pixel\n", n, k, b, 8 * b / s }'
}
for codec in png opt webp jxl; do
    bytes=0
    for file in "$out"/each/*.ppm; do
        "$codec" "$file" "${file%.ppm}.$codec"
        bytes=$((bytes + $(stat -c %s "${file%.ppm}.$codec")))
    done
    line "$codec" each "$bytes"
    "$codec" "$out/tiled.ppm" "$out/tiled.$codec"
    line "$codec" tiled "$(stat -c %s "$out/tiled.$codec")"
done
