# Labels that data carry and that the model is not given come back as they were, from every place
# where labels stand: class folders, files of words or numbers, IDX, NPY, NPZ.
. "$(dirname "$0")/lib.sh"
make_rows 60 12 1 >"$work/rows.txt"
run train pixelcnn --data "$work/rows.txt" --shape 3x4x1 --set blocks=1 --set channels=4 \
    --out "$work/m" --epochs 1 --quiet >/dev/null

# kept WHAT WANTED DATA OPTIONS...: the labels of the data are the lines of WANTED
kept() {
    rm -rf "$work/labels" "$work/back"
    run compress "$work/m" --data "$3" --out "$work/c" --chunk-examples 7 "${@:4}" >/dev/null
    run decompress "$work/m" --data "$work/c" --out "$work/back/" --labels "$work/labels" >/dev/null
    expect_same "$2" "$work/labels" "$1"
}

# Class folders of words, of numbers, and of both, with their pictures' names.
for classes in "cat dog cat,dog" "3 10 200" "1 b 2" "007 01 1"; do
    rm -rf "$work/classes" "$work/wanted"
    mkdir "$work/classes"
    for class in $classes; do
        run sample "$work/m" --count 5 --seed ${#class} --out "$work/classes/$class/" >/dev/null
        mv "$work/classes/$class/3.png" "$work/classes/$class/a picture.png"
    done
    (cd "$work/classes" && LC_ALL=C ls -d */*.png | LC_ALL=C sort) | while read -r name; do
        class=${name%%/*}
        [[ $class == *,* ]] && class="\"$class\""
        echo "$class"
    done >"$work/wanted"
    kept "folders $classes" "$work/wanted" "$work/classes"
    diff -r "$work/classes" "$work/back" || fail "pictures of $classes"
done

# A file of words, one of numbers that are not 0, 1, 2, ..., each with a header.
awk 'BEGIN { print "kind"; split("\"a, b\"|cat|-7|None", w, "|")
    for (i = 0; i < 60; i++) print w[1 + i * 7 % 4] }' >"$work/words.csv"
kept words <(tail -n +2 "$work/words.csv") "$work/rows.txt" --labels "$work/words.csv"
awk 'BEGIN { print "label"; for (i = 0; i < 60; i++) print i % 7 * 50 - 100 }' >"$work/numbers.csv"
printf '%s\n' 1 01 2 002 2.0 1e3 +4 -0 007 7 -3 00 >"$work/twelve"
for ((i = 0; i < 5; i++)); do cat "$work/twelve"; done >"$work/spelled"
kept "numbers as they are spelled" "$work/spelled" "$work/rows.txt" --labels "$work/spelled"
printf ' 07 \n' >"$work/blanks"
for ((i = 1; i < 60; i++)); do echo 7; done >>"$work/blanks"
kept "numbers beside blanks" <(tr -d ' ' <"$work/blanks") "$work/rows.txt" --labels "$work/blanks"
kept numbers <(tail -n +2 "$work/numbers.csv") "$work/rows.txt" --labels "$work/numbers.csv"

# IDX, NPY and NPZ of the labels; an NPZ with the data too.
python3 - "$work" <<'P'
import struct, sys, zipfile
work = sys.argv[1]
def npy(kind, shape, data):
    head = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (kind, shape)
    head += " " * ((64 - (len(head) + 11) % 64) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + data
rows = [[int(c) for c in line.strip()] for line in open(work + "/rows.txt")]
labels = [3 if i % 5 == 0 else 7 if i % 2 else 250 for i in range(60)]
signed = [label - 100 for label in labels]
open(work + "/labels.idx", "wb").write(struct.pack(">BBBBI", 0, 0, 8, 1, 60) + bytes(labels))
y = npy("<i4", "(60,)", struct.pack("<60i", *signed))
x = npy("|u1", "(60, 3, 4)", bytes(v for row in rows for v in row))
open(work + "/y.npy", "wb").write(y)
with zipfile.ZipFile(work + "/all.npz", "w") as archive:
    archive.writestr("x.npy", x)
    archive.writestr("y.npy", y)
open(work + "/plain", "w").writelines("%d\n" % label for label in labels)
open(work + "/signed", "w").writelines("%d\n" % label for label in signed)
P
kept IDX "$work/plain" "$work/rows.txt" --labels "$work/labels.idx"
kept NPY "$work/signed" "$work/rows.txt" --labels "$work/y.npy"
kept "an array of an NPZ" "$work/signed" "$work/rows.txt" --labels "$work/all.npz:y"
kept NPZ "$work/signed" "$work/all.npz"
mv "$work/labels" "$work/again"
kept "what was written" "$work/signed" "$work/rows.txt" --labels "$work/again"

# Without the first chunk the others' words are there all the same.
printf '\xFF' | dd of="$work/c" bs=1 seek=70 conv=notrunc status=none
run decompress "$work/m" --data "$work/c" --salvage --out "$work/back.txt" \
    --labels "$work/labels" >/dev/null
expect_same <(tail -n +8 "$work/signed") "$work/labels" "labels that were salvaged"
run compress "$work/m" --data "$work/rows.txt" --out "$work/c" >/dev/null
expect_status 1 'no labels' decompress "$work/m" --data "$work/c" --out "$work/none.txt" \
    --labels "$work/none"
[[ ! -e $work/none.txt && ! -e $work/none ]] || fail "a refusal left a file"
finish
