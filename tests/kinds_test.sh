# A file that is given for another, as data for a model, is called what it is, by every verb.
. "$(dirname "$0")/lib.sh"

make_rows 40 8 1 | sed 's/./&,/g; s/,$//' >"$work/table.csv"
make_rows 4 16 2 >"$work/rows"
echo 'It was the best of times.' >"$work/text"
printf 'P5\n2 2\n255\nabcd' >"$work/grey.pgm"
head -c 40 /dev/urandom | gzip >"$work/some.gz"
printf '\177ELF\2\1\1\0\0\0\0\0\0\0' >"$work/program"
printf 'RIFF\0\0\0\0WAVE' >"$work/tone.wav"
: >"$work/nothing"
run train histogram --data "$work/table.csv" --out "$work/h" --quiet >/dev/null
run train made --data "$work/table.csv" --epochs 1 --out "$work/m" --quiet >/dev/null
run compress "$work/h" --data "$work/table.csv" --out "$work/c" --quiet >/dev/null
run train uniform --data "$work/rows" --shape 4x4x1 --out "$work/u" --quiet >/dev/null
run sample "$work/u" --count 1 --out "$work/x.png" --quiet >/dev/null
run sample "$work/u" --count 1 --out "$work/x.npz" --quiet >/dev/null

while IFS='|' read -r file kind; do
    expect_status 1 "$file: is $kind, not a model" info "$work/$file"
    expect_status 1 "$file: is $kind, not a compressed file" \
        decompress "$work/h" --data "$work/$file" --out "$work/out.csv"
done <<'KINDS'
table.csv|a CSV table
rows|rows of 0 and 1
text|a text
grey.pgm|a PGM, PPM or PAM picture
x.png|a PNG picture
x.npz|a ZIP archive \(NPZ or another\)
some.gz|packed by gzip
program|a program
tone.wav|WAV audio
nothing|empty
KINDS
for verb in eval score compress; do
    out=()
    [[ $verb != compress ]] || out=(--out "$work/out")
    expect_status 1 'x.png: is a PNG picture, not a model' "$verb" "$work/x.png" \
        --data "$work/table.csv" "${out[@]}"
done
expect_status 1 'c: is a compressed file of likely, not a model' check "$work/c"
expect_status 1 'c: is a compressed file' sample "$work/c" --count 1 --out "$work/y.csv"
expect_status 1 'text: is a text' decompress "$work/text" --data "$work/c" --out "$work/y.csv"
expect_status 1 'table.csv: is a CSV' eval "$work/h" "$work/table.csv" --data "$work/table.csv"
expect_status 1 'table.csv: is a CSV' score "$work/h" --data "$work/table.csv" \
    --against "$work/table.csv"
expect_status 1 'text: is a text' train --from "$work/text" --data "$work/table.csv" \
    --out "$work/y"
expect_status 1 'm.checkpoint: is a checkpoint of a training, not a model' info "$work/m.checkpoint"
expect_status 1 'm: is a safetensors file, as a model is, not a compressed file' \
    decompress "$work/h" --data "$work/m" --out "$work/y.csv"
expect_status 1 'but a safetensors file, as a model is' eval "$work/h" --data "$work/m"
expect_status 1 'but a compressed file of likely; decompress it' eval "$work/h" \
    --data "$work/c"
head -c 100 "$work/m" >"$work/cut"
expect_status 1 'cut: not a safetensors file, or truncated' info "$work/cut"
finish
