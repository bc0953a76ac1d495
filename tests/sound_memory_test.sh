# Memory does not grow with a recording: a minute is evaluated, scored, compressed, restored and
# drawn in what ten seconds take (docs/results.md has an hour). Of files of several chunks, because
# a chunk is what compress and decompress hold.
. "$(dirname "$0")/lib.sh"
[[ ${#likely[@]} -eq 1 ]] && command -v cc >/dev/null || exit 77 # an emulator, or no compiler
[[ $(nm -D "${likely[0]}" 2>/dev/null | grep -c '__[amt]san_init') -eq 0 ]] ||
    exit 77 # whose memory is not what is asked for
cc -O1 "$LIKELY_SOURCE/tests/peak_memory.c" -o "$work/peak" || exit 77
cd "$work"

MORE_MOST=512 # KiB; the 400,000 samples more are 800

make_wav short.wav 1 80000 1
{
    printf 'RIFF%bWAVEfmt ' "$(le $((36 + 960000)) 4)"
    head -c 40 short.wav | tail -c +17
    printf '%b' "$(le 960000 4)"
    for i in 1 2 3 4 5 6; do tail -c +45 short.wav; done
} >long.wav
run train wavenet --data short.wav --view mulaw --set layers=2 --set channels=2 --set gates=2 \
    --set skip=2 --window 1000 --epochs 1 --quiet --out m >/dev/null

# most ARGUMENTS...: KiB
most() {
    ./peak "${likely[@]}" "$@" --threads 1 9>kilobytes >out 2>&1 || fail "likely $*: $(cat out)"
    cat kilobytes
}
# expect_constant WHAT KIB KIB
expect_constant() {
    echo "$1: $2 KiB for ten seconds, $3 KiB for a minute"
    [[ $3 -le $(($2 + MORE_MOST)) ]] || fail "$1 grows with the recording: $2 KiB, $3 KiB"
    checks=$((checks + 1))
}
# on_both WHAT ARGUMENTS...: where DATA stands for short, and for long
on_both() {
    expect_constant "$1" "$(most "${@:2}" --data short"$ending")" \
        "$(most "${@:2}" --data long"$ending")"
}
ending=.wav
on_both eval eval m
on_both score score m
on_both "score --map" score m --map map.png
on_both check check m
for length in short long; do
    kib=$(most compress m --data $length.wav --lossy --chunk-symbols 40000 --out $length.lk)
    [[ $length == short ]] && before=$kib
done
expect_constant compress "$before" "$kib"
ending=.lk
on_both decompress decompress m --out restored.wav
expect_constant sample "$(most sample m --length 80000 --out s.wav)" \
    "$(most sample m --length 480000 --out s.wav)"
expect_constant "sample --given" "$(most sample m --given short.wav --length 1000 --out s.wav)" \
    "$(most sample m --given long.wav --length 1000 --out s.wav)"

# Beside a slower sequence, a symbol for every 2 frames.
for length in short long; do
    frames=$((($(stat -c %s $length.wav) - 44) / 2))
    awk -v n=$((frames / 2)) 'BEGIN { for (i = 0; i < n; i++) print i * i % 5 }' >$length.txt
done
run train wavenet --data short.wav --local short.txt --local-every 2 --view mulaw --set layers=2 \
    --set channels=2 --set gates=2 --set skip=2 --window 1000 --epochs 1 --quiet --out m >/dev/null
expect_constant "eval --local" "$(most eval m --data short.wav --local short.txt)" \
    "$(most eval m --data long.wav --local long.txt)"
for length in short long; do
    kib=$(most compress m --data $length.wav --local $length.txt --lossy --chunk-symbols 40000 \
        --out $length.lk)
    [[ $length == short ]] && before=$kib
done
expect_constant "compress --local" "$before" "$kib"
expect_constant "decompress, with it" "$(most decompress m --data short.lk --out r.wav)" \
    "$(most decompress m --data long.lk --out r.wav)"
expect_constant "sample --local" "$(most sample m --local short.txt --out s.wav)" \
    "$(most sample m --local long.txt --out s.wav)"
finish
