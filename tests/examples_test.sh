# The programs of examples/ that use the library, in C and C++, and that they agree with the
# command.
. "$(dirname "$0")/lib.sh"
read -r -a examples <<<"$LIKELY_EXAMPLES"
example() { "${examples[@]:0:${#examples[@]}-1}" "${examples[-1]}/$1" "${@:2}"; }

# expect PATTERN EXAMPLE ARGUMENTS...: its output matches
expect() {
    example "${@:2}" >"$work/stdout" 2>"$work/stderr" || fail "${*:2}: $(cat "$work/stderr")"
    grep -qE -- "$1" "$work/stdout" || fail "${*:2}: expected /$1/, got: $(cat "$work/stdout")"
    checks=$((checks + 1))
}

expect '^#{8}$' train "$work/bars.likely" "$work/bars.npy" "$work/samples.png"
[[ -s $work/samples.png ]] || fail "train wrote no samples"
expect '600 items.*; restored$' compress "$work/bars.likely" "$work/bars.npy"
expect '^mean [0-9.]+ nats$' score "$work/bars.likely" "$work/bars.npy"
mean=$(sed -n 's/^mean \([0-9.]*\) nats$/\1/p' "$work/stdout")
run eval "$work/bars.likely" --data "$work/bars.npy" --json >"$work/eval"
grep -q "${mean:0:6}" "$work/eval" || fail "eval says: $(cat "$work/eval"); score: $mean"

make_rows 20 64 3 | sed 's/./& /g' >"$work/words.txt"
run train charrnn --data "$work/words.txt" --text bytes --window 16 --epochs 1 --quiet \
    --set width=4 --out "$work/words.likely" >/dev/null
expect '1 items, 2580 variables: .*; restored$' compress "$work/words.likely" "$work/words.txt"

make_wav "$work/tone.wav" 1 3000 1
expect '^[0-9.]+ bits a sample of [0-9]+ held out$' sound "$work/tone.wav" "$work/tone.likely" \
    "$work/new.wav"
[[ $(wc -c <"$work/new.wav") -eq $((44 + 2 * 8000)) ]] || fail "no second of sound"
expect '1 items, 6000 variables: .*; restored$' compress "$work/tone.likely" "$work/tone.wav"
expect '^mean [0-9.]+ nats$' score "$work/tone.likely" "$work/tone.wav"
mean_sound=$(sed -n 's/^mean \([0-9.]*\) nats$/\1/p' "$work/stdout")
run eval "$work/tone.likely" --data "$work/tone.wav" --json >"$work/eval"
[[ $(json "$work/eval" nll_nats) = "${mean_sound}"* ]] || fail "the command: $(cat "$work/eval")"

if [[ -e ${examples[-1]}/threads ]]; then
    expect "^thread 3: $mean nats" threads "$work/bars.likely" "$work/bars.npy"
    [[ $(cut -d: -f2 "$work/stdout" | sort -u | wc -l) -eq 1 ]] || fail "threads disagree"
fi
for name in compress score threads; do
    [[ ! -e ${examples[-1]}/$name ]] ||
        ! example $name "$work/bars.likely" "$work/none" 2>"$work/stderr" ||
        fail "$name: no data, and no failure"
    checks=$((checks + 1))
done
finish
