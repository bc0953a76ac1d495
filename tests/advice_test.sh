# Advice names only options that the verb has: every verb on data and models that it cannot take.
# (expect_status looks at each line that any test of the command meets; here are many of them.)
. "$(dirname "$0")/lib.sh"
make_rows 60 16 1 >"$work/rows.txt"
run train made --data "$work/rows.txt" --shape 4x4x1 --out "$work/m" --set hidden=4 --epochs 1 \
    --quiet >/dev/null
for i in $(seq 40); do echo "line $i of a text"; done >"$work/text"
run train charrnn --data "$work/text" --text utf8 --set width=4 --set layers=1 --window 16 \
    --out "$work/t" --epochs 1 --quiet >/dev/null
printf 'a,b\nx,1\ny,2\nx,2\n' >"$work/words.csv"
run train uniform --data "$work/words.csv" --out "$work/w" --quiet >/dev/null
for i in $(seq 60); do echo $((i % 3)); done >"$work/labels"
run train made --data "$work/rows.txt" --labels "$work/labels" --condition label --set hidden=4 \
    --out "$work/l" --epochs 1 --quiet >/dev/null
run compress "$work/m" --data "$work/rows.txt" --out "$work/m.lk" >/dev/null
run compress "$work/t" --data "$work/text" --out "$work/t.lk" >/dev/null

# Pictures of two sizes, grey ones for a binary model, sound, prose, tables, packed files, models.
mkdir "$work/sizes" "$work/empty"
awk 'BEGIN { for (i = 0; i < 20; i++) printf "%s%d", i ? "," : "", i * 12; print "" }' \
    >"$work/grey.csv"
run train uniform --data "$work/grey.csv" --shape 4x5x1 --alphabet 256 --out "$work/u" --quiet \
    >/dev/null
run sample "$work/u" --count 1 --out "$work/sizes/a.png" >/dev/null
run sample "$work/u" --count 4 --out "$work/sizes/b.png" >/dev/null
printf 'RIFF....WAVEfmt ' >"$work/sound"
printf '\xFF\xFEa\0b\0' >"$work/utf16"
printf 'One line.\nAnother, with a comma.\n' >"$work/prose"
head -c 100 /dev/urandom | sed 's/^/\x01/' >"$work/noise"
gzip -c "$work/rows.txt" | gzip -c >"$work/twice"
make_rows 5 9 1 >"$work/nine.txt"

# try VERB OPERANDS...: any outcome but a crash; advice is looked at
try() {
    local got=0
    run "$@" >"$work/stdout" 2>"$work/stderr" </dev/null || got=$?
    [[ $got -le 2 ]] || fail "likely $*: status $got: $(cat "$work/stderr")"
    [[ $got -eq 0 || $(wc -l <"$work/stderr") -eq 1 ]] ||
        fail "likely $*: expected one line, got: $(cat "$work/stderr")"
    expect_advice "$1"
    checks=$((checks + 1))
}
for data in sizes sizes/a.png sound prose nine.txt words.csv rows.txt m.lk t missing; do
    for model in m t w l; do
        for verb in eval score check; do
            try $verb "$work/$model" --data "$work/$data"
        done
        for verb in compress decompress; do
            try $verb "$work/$model" --data "$work/$data" --out "$work/out.txt"
        done
        try sample "$work/$model" --given "$work/$data" --count 1 --length 20 --out "$work/out.png"
        try sample "$work/$model" --prompt-file "$work/$data" --length 20
    done
done
for data in sizes empty sizes/a.png sound utf16 prose noise twice text words.csv m.lk m missing; do
    try train uniform --data "$work/$data" --out "$work/out" --quiet
    try train pixelcnn --data "$work/$data" --out "$work/out" --quiet --epochs 1 --set blocks=0 \
        --set channels=1 --set head=1
done
for model in m t w l u text m.lk missing; do
    try info "$work/$model" --curve "$work/c.svg"
    try sample "$work/$model" --length 10
done
finish
