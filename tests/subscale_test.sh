# Slices: what eval says of each, small pictures that are made larger, at the model's size and at
# others; and pictures that are small for models that take any part of an example.
. "$(dirname "$0")/lib.sh"
make_rows 300 20 1 >"$work/train.txt"
make_rows 7 20 2 >"$work/own.txt"
make_rows 7 63 3 >"$work/large.txt"
make_rows 2 6 4 >"$work/small.txt"
small=(--set layers=2 --set channels=4 --set head=5 --set embedding=4 --set width=8 --set blocks=1)
run train subscale --data "$work/train.txt" --shape 5x4x1 --out "$work/m" --epochs 2 --quiet \
    "${small[@]}" --set size_upscaling=true >/dev/null

# npy SHAPE ROWS: an NPY file of the digits of ROWS
npy() {
    local header="{'descr': '|u1', 'fortran_order': False, 'shape': $1, }"
    printf '\x93NUMPY\x01\x00\x76\x00%-117s\n' "$header"
    tr -d '\n' <"$2" | tr '01' '\000\001'
}

# expect_sum WHAT: the groups in $work/eval are all dimensions, and their NLLs sum to that of all
expect_sum() {
    awk -v what="$1" '/"nll_nats":/ { gsub(/,/, ""); if (!n++) all = $2; else sum += $2 }
        /"dimensions":/ { gsub(/,/, ""); if (!d++) variables = $2; else parts += $2 }
        END { if (n < 4 || parts != variables || (all - sum) ^ 2 > 1e-12 * all ^ 2) {
            print what ": " parts " of " variables ", " sum " of " all; exit 1 } }' "$work/eval" ||
        fail "the slices of $1 are not all of it"
    checks=$((checks + 1))
}
run eval "$work/m" --data "$work/own.txt" --json >"$work/eval"
expect_sum "5x4"
run eval "$work/m" --data "$work/own.txt" >"$work/said"
grep -q 'of slice 0,0: [0-9.]* nats per example, [0-9.]* bits per dimension of its 6$' \
    "$work/said" || fail "eval does not tell slices apart: $(cat "$work/said")"
grep -q 'of slice 1,1: .* of its 4$' "$work/said" || fail "the last slice: $(cat "$work/said")"
npy '(7, 9, 7)' "$work/large.txt" >"$work/large.npy"
run eval "$work/m" --data "$work/large.npy" --json >"$work/eval"
expect_sum "9x7"
tr 01 03 <"$work/train.txt" | sed 's/./&,/g; s/,$//' >"$work/levels.csv"
run train subscale --data "$work/levels.csv" --shape 5x4x1 --view bits:1 --out "$work/view" \
    --epochs 1 --quiet "${small[@]}" >/dev/null
run eval "$work/view" --data "$work/levels.csv" --json >"$work/eval"
sed -i '/"views_nll_nats"/,/}/d' "$work/eval"
expect_sum "a view"

# Pixels (2 r, 2 c) of what is drawn: columns 1, 3 of rows 1, 3, 5 of 5x4.
sample() { run sample "$work/m" --count 4 --seed 5 "$@" >/dev/null; }
npy '(2, 3, 2)' "$work/small.txt" >"$work/small.npy"
sample --given "$work/small.npy" --out "$work/larger.txt"
expect_same <(cat "$work/small.txt" "$work/small.txt") \
    <(cut -c1,3,9,11,17,19 "$work/larger.txt") "a small picture is held"
[[ $(sort -u "$work/larger.txt" | wc -l) -gt 2 ]] || fail "the rest is not drawn"
for how in '--scale 2' '--scale 2 --shape 5x4' '--schedule naive' '--threads 2 --batch-size 1'; do
    sample --given "$work/small.npy" --out "$work/again.txt" $how
    expect_same "$work/larger.txt" "$work/again.txt" "$how"
done
sed 's/./& /g' "$work/small.txt" >"$work/small.amat"
sample --given "$work/small.amat" --scale 2 --out "$work/again.txt"
expect_same "$work/larger.txt" "$work/again.txt" "vectors stand for small pictures"
sample --given "$work/small.npy" --out "$work/grid.png"
sample --given "$work/small.npy" --plain --out "$work/plain.png"
[[ $(od -An -tu1 -j19 -N1 "$work/grid.png") -gt $(od -An -tu1 -j19 -N1 "$work/plain.png") ]] ||
    fail "nothing beside the completions"

# Another size: twice the picture's, or, asked for, a column less.
npy '(2, 2, 3)' "$work/small.txt" >"$work/wide.npy"
sample --given "$work/wide.npy" --out "$work/wide.txt"
expect_same <(cat "$work/small.txt" "$work/small.txt") \
    <(cut -c1,3,5,13,15,17 "$work/wide.txt") "of another size"
[[ $(head -1 "$work/wide.txt" | tr -d '\n' | wc -c) -eq 24 ]] || fail "not of 4x6"
sample --given "$work/wide.npy" --shape 3x5 --out "$work/wide.txt"
expect_same <(cat "$work/small.txt" "$work/small.txt") \
    <(cut -c1,3,5,11,13,15 "$work/wide.txt") "of an odd size"

# Drawn larger than the model's: that is told.
run sample "$work/m" --given "$work/wide.npy" --out "$work/wide.txt" >"$work/said"
grep -q 'taken as' "$work/said" && fail "no larger than the model's: $(cat "$work/said")"
make_rows 2 30 6 >"$work/five.txt"
npy '(2, 5, 6)' "$work/five.txt" >"$work/five.npy"
run sample "$work/m" --given "$work/five.npy" --out "$work/wide.txt" >"$work/said"
grep -q 'one of every 2 rows and columns of pictures of 10x12$' "$work/said" ||
    fail "what is drawn is not told: $(cat "$work/said")"

# Of a model that takes any part of an example any scale.
run train eonade --data "$work/train.txt" --shape 5x4x1 --out "$work/any" --epochs 1 --quiet \
    --set hidden=5 --set orders=1 >/dev/null
run sample "$work/any" --count 2 --given "$work/small.npy" --scale 2 --out "$work/any.txt" \
    >/dev/null
expect_same "$work/small.txt" <(cut -c1,3,9,11,17,19 "$work/any.txt") "an order-agnostic model"
npy '(3, 2, 2)' "$work/small.txt" >"$work/quarter.npy"
run sample "$work/any" --count 3 --given "$work/quarter.npy" --scale 3 --out "$work/any.txt" \
    >/dev/null
expect_same <(tr -d '\n' <"$work/small.txt" | fold -w 4; echo) \
    <(cut -c1,4,13,16 "$work/any.txt") "by three"

no() { # STATUS PATTERN ARGUMENTS...
    local status=$1 pattern=$2
    shift 2
    expect_status "$status" "$pattern" sample "$@" --count 1 --out "$work/no.txt"
    [[ ! -e $work/no.txt ]] || fail "$pattern: there is an output"
}
no 2 'scale needs --given' "$work/m" --scale 2
no 2 'expected an integer in 1..1024' "$work/m" --given "$work/small.npy" --scale 0
no 2 'scale excludes' "$work/m" --given "$work/small.npy" --scale 2 --given-rows 1
no 1 'multiple of 2 makes one of 2x4x1' "$work/m" --given "$work/wide.npy" --shape 3x7
no 1 'first draws one of every 2 rows and columns, from the first on, and this' "$work/m" \
    --given "$work/small.npy" --scale 3
no 1 'multiple of 2 makes one of 3x2x1' "$work/any" --given "$work/wide.npy" --scale 2
no 1 'view draws the high parts' "$work/view" --given "$work/small.npy"
run train made --data "$work/train.txt" --shape 5x4x1 --out "$work/made" --epochs 1 --quiet \
    >/dev/null
no 1 'comes before it in the model' "$work/made" --given "$work/small.npy" --scale 2
finish
