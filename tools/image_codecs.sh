#!/usr/bin/env bash
# What the usual lossless image codecs make of CIFAR-10 images:  tools/image_codecs.sh BATCH.bin OUT
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

# BATCH.bin to PPM files: a record is a label and the planes R, G, B of 32 x 32. The tiling is
# padded with black at its end.
python3 - "$batch" "$out" <<'EOF'
import sys
data, out, side = open(sys.argv[1], "rb").read(), sys.argv[2], 32
records = [data[i + 1 : i + 3073] for i in range(0, len(data), 3073)]
def pixels(record):
    return [bytes(v for p in range(y * side, y * side + side)
                  for v in (record[p], record[p + 1024], record[p + 2048]))
            for y in range(side)]
def save(path, rows):
    with open(path, "wb") as file:
        file.write(b"P6\n%d %d\n255\n" % (len(rows[0]) // 3, len(rows)) + b"".join(rows))
columns, tiled = 32, []
images = [pixels(record) for record in records]
for i, rows in enumerate(images):
    save("%s/each/%05d.ppm" % (out, i), rows)
for first in range(0, len(images), columns):
    line = images[first : first + columns]
    line += [[bytes(3 * side)] * side] * (columns - len(line))
    tiled += [b"".join(image[y] for image in line) for y in range(side)]
save(out + "/tiled.ppm", tiled)
EOF

png() { pnmtopng -compression 9 "$1" >"$2" 2>/dev/null; }
opt() {
    pnmtopng "$1" >"$2.png" 2>/dev/null &&
        optipng -quiet -o7 -clobber -out "$2" "$2.png" && rm "$2.png"
}
webp() { cwebp -quiet -lossless -z 9 -m 6 "$1" -o "$2"; }
jxl() { cjxl --quiet -d 0 -e 9 "$1" "$2" 2>/dev/null; }

subpixels=$(($(stat -c %s "$batch") / 3073 * 3072))
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
