# What a conditional sees, masks as pictures, and what a compressed file holds.
. "$(dirname "$0")/lib.sh"
make_rows 80 49 1 >"$work/rows.txt"

# list FILE KEY: the numbers of an array, one a line
list() { sed -n "/\"$2\": \\[/,/\\]/p" "$1" | sed -nE 's/^ +([-0-9.e]+),?$/\1/p'; }
is_png() { [[ $(head -c 4 "$1" | tail -c 3) == PNG ]] || fail "$1 is no PNG"; }

# A PixelCNN of one convolution sees its window before the pixel, and no more; a block of 3x3 adds a
# row above and a pixel to both sides of the rows above, but not on the right of the row that was
# the first: that is the blind spot of masked kernels, which no depth mends. What is farther away
# than all that is seen is out of reach.
train() { run train "$@" --data "$work/rows.txt" --shape 7x7x1 --epochs 2 --quiet >/dev/null; }
train pixelcnn --set blocks=0 --set channels=3 --set head=3 --set kernel=3 --out "$work/p0"
train pixelcnn --set blocks=1 --set channels=3 --set head=3 --set kernel=3 --out "$work/p1"
run info "$work/p0" --field 4,4 "$work/p0.png" --json >"$work/p0.json"
expect_same <(printf '%s\n' 17 18 19 24) <(list "$work/p0.json" seen_variables) "one convolution"
run info "$work/p1" --field 4,4 --json >"$work/p1.json"
expect_same <(printf '%s\n' 9 10 11 12 13 16 17 18 19 23 24) \
    <(list "$work/p1.json" seen_variables) "and a block"
expect_same <(echo 20) <(list "$work/p1.json" blind_variables) "the blind spot"
for pair in 'p0 0 20' 'p1 1 12'; do
    read -r name blind far <<<"$pair"
    [[ $(json "$work/$name.json" earlier) -eq 24 && $(json "$work/$name.json" blind) -eq $blind &&
        $(json "$work/$name.json" out_of_reach) -eq $far ]] ||
        fail "the blind spot: $(cat "$work/$name.json")"
done
list "$work/p1.json" total_variation | awk '!($1 > 0 && $1 <= 1) { exit 1 }' ||
    fail "what is seen does not move it: $(list "$work/p1.json" total_variation | tr '\n' ' ')"
is_png "$work/p0.png"
expect_same <(run info "$work/p1" --field 25 --json) "$work/p1.json" "a variable by its number"
run info "$work/p1" --field 4,4 >"$work/text"
grep -q 'sees 11 of the 24 variables before it; blind spot: 1, out of reach: 12$' "$work/text" ||
    fail "$(cat "$work/text")"

# Two stacks have none: with three layers of 3x3 all that is before, within three pixels.
train gated-pixelcnn --set layers=3 --set channels=3 --set head=3 --set first_kernel=3 \
    --out "$work/g"
run info "$work/g" --field 4,4 --json >"$work/g.json"
expect_same <(seq 1 24) <(list "$work/g.json" seen_variables) "two stacks"
[[ $(json "$work/g.json" blind) -eq 0 ]] || fail "the blind spot of two: $(cat "$work/g.json")"

# Nor have two streams, at several resolutions too.
train pixelcnn++ --set depth=2 --set levels=2 --set filters=6 --out "$work/p2"
run info "$work/p2" --field 4,4 --json >"$work/p2.json"
[[ $(json "$work/p2.json" blind) -eq 0 ]] || fail "the blind spot of ++: $(cat "$work/p2.json")"

# Nor has attention to all that is before, after one block.
train pixelsnail --set blocks=1 --set channels=3 --out "$work/s"
run info "$work/s" --field 4,4 --json >"$work/s.json"
expect_same <(seq 1 24) <(list "$work/s.json" seen_variables) "attention"
[[ $(json "$work/s.json" blind) -eq 0 ]] || fail "attention is blind: $(cat "$work/s.json")"

# A MADE sees all; a Bayes net its parents and what they stand for.
train made --set hidden=30 --out "$work/m"
run info "$work/m" --field 7,7 --json >"$work/m.json"
[[ $(json "$work/m.json" seen) -eq 48 && $(json "$work/m.json" blind) -eq 0 ]] ||
    fail "a MADE: $(cat "$work/m.json")"
cut -c1-3 "$work/rows.txt" | sed 's/\(.\)\(.\)\(.\)/\1,\2,\3/; 1i rain,sprinkler,wet' >"$work/t.csv"
printf 'rain:\nsprinkler: rain\nwet: sprinkler\n' >"$work/t.dag"
printf 'wet: sprinkler\nsprinkler: rain\n' >"$work/no-root.dag"
expect_status 1 'line 2: rain is a parent but has no line of its own' train bayesnet \
    --data "$work/t.csv" --set graph="$work/no-root.dag" --out "$work/x" --quiet
run train bayesnet --data "$work/t.csv" --set graph="$work/t.dag" --set hidden= --epochs 2 \
    --out "$work/b" --quiet >/dev/null
run info "$work/b" --field wet --json >"$work/b.json"
expect_same <(echo 2) <(list "$work/b.json" seen_variables) "the parents of wet"

# Masks: a staircase has half of its places open; each window stands once.
run info "$work/m" --masks "$work/masks.png" --json >"$work/masks.json"
is_png "$work/masks.png"
[[ $(grep -c '"layers"' "$work/masks.json") -eq 3 ]] || fail "$(cat "$work/masks.json")"
[[ $(json "$work/masks.json" rows) -eq 30 && $(json "$work/masks.json" columns) -eq 49 ]] ||
    fail "hidden1: $(cat "$work/masks.json")"
run info "$work/p1" --masks "$work/windows.png" >"$work/text"
is_png "$work/windows.png"
grep -qx 'window 3 x 3, 4 of it read: first' "$work/text" || fail "$(cat "$work/text")"
grep -qx 'window 3 x 3, 5 of it read: block1.masked' "$work/text" || fail "$(cat "$work/text")"
checks=$((checks + 10))
expect_status 2 'expected Y,X' info "$work/p1" --field 8,1
expect_status 2 'expected Y,X' info "$work/p1" --field 0,1
expect_status 2 'number of a variable .all from 1' info "$work/p1" --field 0
expect_status 2 'expected Y,X' info "$work/p1" --field moon
expect_status 2 'a picture is of --field' info "$work/p1" "$work/x.png"
expect_status 2 'ends in .png' info "$work/p1" --masks "$work/x.jpg"
run train uniform --data "$work/t.csv" --out "$work/u" --quiet >/dev/null
expect_status 1 'this uniform has no masked layer' info "$work/u" --masks "$work/x.png"
[[ ! -e $work/x.png ]] || fail "a picture of nothing"

# Compressed files of every version: what they hold, and whose they are.
files=0
for file in "$LIKELY_SOURCE"/tests/compat/containers/*/*.lk; do
    name=$(basename "$(dirname "$file")")
    run info "$file" --json >"$work/c.json"
    run info "$file" >"$work/c.txt"
    run info "$LIKELY_SOURCE/tests/compat/models/$name.likely" --json >"$work/model.json"
    [[ $(json "$work/c.json" model_fingerprint) == "$(json "$work/model.json" fingerprint)" ]] ||
        fail "$file: the fingerprint"
    grep -q '"damaged": false' "$work/c.json" || fail "$file: damaged?"
    files=$((files + 1))
done
[[ $files -gt 50 ]] || fail "only $files compressed files"
# Whatever else an array's format says beside its name.
sed 's/./& /g' "$work/rows.txt" >"$work/rows.amat"
run train uniform --data "$work/rows.amat" --out "$work/uniform" --quiet >/dev/null
for ending in npy npz idx csv pgm; do
    run sample "$work/uniform" --count $([[ $ending == pgm ]] && echo 1 || echo 3) \
        --out "$work/some.$ending" --quiet >/dev/null
    run compress "$work/uniform" --data "$work/some.$ending" --out "$work/some.lk" >/dev/null
    run info "$work/some.lk" | grep -q ", from ${ending/pgm/pnm}\$" ||
        fail "$ending: $(run info "$work/some.lk")"
    [[ $(run info "$work/some.lk" --json | json /dev/stdin format) == "${ending/pgm/pnm}" ]] ||
        fail "$ending in JSON"
done
run compress "$work/m" --data "$work/rows.txt" --chunk-examples 30 --out "$work/c.lk" >/dev/null
run info "$work/c.lk" --json >"$work/c.json"
[[ $(json "$work/c.json" items) -eq 80 && $(json "$work/c.json" bytes) -eq $(stat -c %s \
    "$work/c.lk") && $(grep -c '"chunk":' "$work/c.json") -eq 3 ]] || fail "$(cat "$work/c.json")"
run info "$work/c.lk" --model "$work/m" >"$work/c.txt"
run info "$work/m" --json >"$work/model.json"
print=$(json "$work/model.json" fingerprint)
grep -qx "model  *$work/m, family made, fingerprint $print" "$work/c.txt" ||
    fail "whose it is: $(cat "$work/c.txt")"
run info "$work/c.lk" --model "$work/u" >"$work/c.txt"
grep -q "^model  *fingerprint $print; not $work/u, family uniform, " "$work/c.txt" ||
    fail "another's: $(cat "$work/c.txt")"
for model in m u; do
    run info "$work/c.lk" --model "$work/$model" --json >"$work/c.json"
    grep -q "\"made_it\": $([[ $model == m ]] && echo true || echo false)" "$work/c.json" ||
        fail "made by $model: $(cat "$work/c.json")"
done
expect_status 2 'is of compressed files' info "$work/m" --model "$work/m"
expect_status 1 'rows.txt' info "$work/c.lk" --model "$work/rows.txt"
printf 'X' | dd of="$work/c.lk" bs=1 seek=$(($(stat -c %s "$work/c.lk") / 2)) conv=notrunc \
    status=none
run info "$work/c.lk" >"$work/c.txt"
grep -q '^damaged  *1 chunk is missing' "$work/c.txt" || fail "not seen: $(cat "$work/c.txt")"
run compress "$work/m" --data "$work/rows.txt" --chunk-examples 30 --out "$work/c.lk" >/dev/null
printf 'too many' >>"$work/c.lk"
run info "$work/c.lk" >"$work/c.txt"
grep -q '^damaged  *0 chunks' "$work/c.txt" && fail "none is missing: $(cat "$work/c.txt")"
grep -q '^damaged  *' "$work/c.txt" || fail "bytes too many: $(cat "$work/c.txt")"
expect_status 2 'is of models' info "$work/c.lk" --field 1,1
head -c 30 "$work/c.lk" >"$work/cut.lk"
expect_status 1 'cut.lk: the header is damaged or cut off' info "$work/cut.lk"
checks=$((checks + files + 7))
finish
