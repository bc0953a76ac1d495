#!/usr/bin/env bash
# multiscale and pyramid, whose ordering follows from the shape: steps, pictures of other sizes than
# trained at, both schedules, enlarging a small picture, what is refused.
. "$(dirname "$0")/lib.sh"

# Frames of 9 x 7 pixels.
awk 'BEGIN { srand(3); for (i = 0; i < 60; i++) { a = int(3 * rand()); b = int(3 * rand())
    line = ""
    for (p = 0; p < 63; p++) { r = int(p / 7); c = p % 7
        line = line (r == a || r == 8 - a || c == b || c == 6 - b ? "1 " : "0 ") } print line } }' \
    >"$work/frames.txt"
# Two of 12 x 10.
awk 'BEGIN { for (i = 0; i < 2; i++) { line = ""; for (p = 0; p < 120; p++) line = line \
    ((p * p + i) % 3 == 0 ? "1 " : "0 "); print line } }' >"$work/other.txt"
# Of 9 x 7 what stands in rows and columns 0, 4, 8: a base of 3 x 2.
awk 'BEGIN { for (p = 0; p < 63; p++) printf "%s ", \
    int(p / 7) % 4 == 0 && p % 7 % 4 == 0 ? p % 3 % 2 : "?"; print "" }' >"$work/small.txt"

steps_of() { # FAMILY: at 9 x 7
    [[ $1 == multiscale ]] && echo $((3 * 2 + 3 * 2)) || echo 63
}
for family in multiscale pyramid; do
    m=$work/$family
    run train $family --data "$work/frames.txt" --shape 9x7x1 --set scales=2 --set blocks=1 \
        --set channels=6 --set base_blocks=1 --epochs 3 --quiet --out "$m" >/dev/null
    run info "$m" --json >"$work/info"
    [[ $(json "$work/info" sequential_steps) -eq $(steps_of $family) &&
        $(json "$work/info" ordering) == "$family" ]] || fail "$family: $(cat "$work/info")"
    for shape in 9x7x1 12x10x1 1x1x1 1x13x1; do
        run sample "$m" --count 3 --shape $shape --seed 4 --out "$work/cached.txt" >/dev/null
        run sample "$m" --count 3 --shape $shape --seed 4 --schedule naive --out "$work/naive.txt" \
            >/dev/null
        expect_same "$work/cached.txt" "$work/naive.txt" "$family at $shape: schedules"
    done
    run compress "$m" --data "$work/other.txt" --shape 12x10x1 --out "$work/c" >/dev/null
    run decompress "$m" --data "$work/c" --out "$work/back.txt" >/dev/null
    expect_same <(tr -d " " <"$work/other.txt") <(tr -d " " <"$work/back.txt") "$family restores"
    run check "$m" --data "$work/other.txt" --shape 12x10x1 >"$work/check" ||
        fail "check of $family: $(cat "$work/check")"
    run score "$m" --data "$work/other.txt" --shape 12x10x1 --map "$work/map.png" \
        --out "$work/score.csv" >/dev/null
    # A picture four times as high and wide as what is given.
    run sample "$m" --given "$work/small.txt" --count 4 --out "$work/large.amat" >/dev/null
    awk 'NR == FNR { for (p = 1; p <= 63; p++) held[p] = $p; next }
        { for (p = 1; p <= 63; p++) if (held[p] != "?" && held[p] != $p) exit 1 }
        END { exit FNR != 4 }' "$work/small.txt" "$work/large.amat" ||
        fail "$family: what is held changed"
    # The first of the ordering, which is the base of that size.
    for kind in npy amat; do
        run sample "$m" --shape 12x10x1 --count 2 --seed 8 --out "$work/given.$kind" >/dev/null
    done
    run sample "$m" --given "$work/given.npy" --given-variables 9 --count 2 --seed 9 \
        --out "$work/held.amat" >/dev/null
    awk 'NR == FNR { for (p = 0; p < 120; p++) of[NR, p] = $(p + 1); next }
        { for (r = 0; r < 12; r += 4) for (c = 0; c < 10; c += 4)
            if (of[FNR, r * 10 + c] != $(r * 10 + c + 1)) exit 1 }' \
        "$work/given.amat" "$work/held.amat" ||
        fail "$family: the base of another size is not what is held"
    expect_status 1 'variable 3 is held, but variable 29, which comes before it' \
        sample "$m" --given "$work/frames.txt" --given-rows 2 --count 1 --out "$work/no.txt"
    expect_status 1 'held whole, over 3000x3000x1 would take .* --memory' \
        sample "$m" --count 1 --shape 3000x3000x1 --memory 200M --out "$work/no.txt"
    expect_status 1 'has an ordering of its own.*reversed' train $family --data "$work/frames.txt" \
        --shape 9x7x1 --order reversed --out "$work/no.txt"
    expect_status 1 'give their shape' train $family --data "$work/frames.txt" --out "$work/no.txt"
    checks=$((checks + 3))
done
finish
