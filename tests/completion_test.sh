# Completing images: given their upper rows, any prefix of the ordering, or a picture less high; at
# the model's size and at others.
. "$(dirname "$0")/lib.sh"
make_rows 300 20 1 >"$work/train.txt"
make_rows 6 20 2 >"$work/own.txt"
make_rows 6 8 3 >"$work/upper.txt"
make_rows 6 63 4 >"$work/large.txt"
run train pixelcnn --data "$work/train.txt" --shape 5x4x1 --out "$work/m" --epochs 2 --quiet \
    --set blocks=1 --set channels=4 --set head=5 >/dev/null

# npy SHAPE ROWS: an NPY file of the digits of ROWS
npy() {
    local header="{'descr': '|u1', 'fortran_order': False, 'shape': $1, }"
    printf '\x93NUMPY\x01\x00\x76\x00%-117s\n' "$header"
    tr -d '\n' <"$2" | tr '01' '\000\001'
}
npy '(6, 5, 4)' "$work/own.txt" >"$work/own.npy"
npy '(6, 2, 4)' "$work/upper.txt" >"$work/upper.npy"
npy '(6, 9, 7)' "$work/large.txt" >"$work/large.npy"

# expect_held GIVEN DRAWN COUNT WHAT: lines begin with the same values, but not all go on with them
expect_held() {
    expect_same <(cut -c1-"$3" "$1") <(cut -c1-"$3" "$2") "$4"
    if cmp -s "$1" "$2"; then fail "$4: nothing was drawn"; fi
}
sample() { run sample "$work/m" --count 6 --seed 5 "$@" >/dev/null; }
sample --given "$work/own.npy" --out "$work/half.txt"
expect_held "$work/own.txt" "$work/half.txt" 8 "half of the rows"
sample --given "$work/own.npy" --given-rows 3 --out "$work/three.txt"
expect_held "$work/own.txt" "$work/three.txt" 12 "three rows"
sample --given "$work/own.txt" --given-variables 10 --out "$work/ten.txt" --threads 2
expect_held "$work/own.txt" "$work/ten.txt" 10 "ten variables"
sample --given "$work/own.npy" --given-variables 10 --out "$work/ten2.txt" --schedule naive \
    --batch-size 4
expect_same "$work/ten.txt" "$work/ten2.txt" "schedules and batches"
sample --given "$work/upper.npy" --out "$work/upper-completed.txt"
expect_held "$work/upper.txt" "$work/upper-completed.txt" 8 "a picture less high"
[[ $(head -1 "$work/upper-completed.txt" | tr -d '\n' | wc -c) -eq 20 ]] ||
    fail "not completed to the model's height"
sample --given "$work/large.npy" --out "$work/large-completed.txt"
expect_held "$work/large.txt" "$work/large-completed.txt" 28 "another size: half of nine rows"
sample --given "$work/large.npy" --out "$work/large2.txt" --threads 3 --batch-size 1
expect_same "$work/large-completed.txt" "$work/large2.txt" "another size: threads and batches"
sample --given <(cut -c1-3 "$work/own.txt" | sed 's/./& /g') --out "$work/text.txt"
expect_held "$work/own.txt" "$work/text.txt" 3 "held values from a pipe"
sample --shape 3x11x1 --out "$work/wide.txt"
[[ $(head -1 "$work/wide.txt" | tr -d '\n' | wc -c) -eq 33 ]] ||
    fail "--shape: samples of another size"

# A picture of completions is larger than one of the samples alone.
sample --given "$work/own.npy" --out "$work/grid.png"
sample --given "$work/own.npy" --out "$work/plain.png" --plain
[[ $(od -An -tu1 -j19 -N1 "$work/grid.png") -gt $(od -An -tu1 -j19 -N1 "$work/plain.png") ]] ||
    fail "nothing beside the completions"

expect_status 1 'first 6 of 5 rows' sample "$work/m" --count 1 --given "$work/own.npy" \
    --given-rows 6 --out "$work/no.txt"
expect_status 1 'first 21 of 20 variables' sample "$work/m" --count 1 --given "$work/own.npy" \
    --given-variables 21 --out "$work/no.txt"
expect_status 2 'exclude each other' sample "$work/m" --count 1 --given "$work/own.npy" \
    --given-rows 1 --given-variables 2 --out "$work/no.txt"
expect_status 2 'needs --given' sample "$work/m" --count 1 --given-rows 1 --out "$work/no.txt"
expect_status 1 'has 20 variables' sample "$work/m" --count 1 --given "$work/own.npy" \
    --shape 6x6x1 --out "$work/no.txt"
expect_status 1 'as many channels' sample "$work/m" --count 1 --shape 6x6x3 --out "$work/no.txt"
run train made --data "$work/train.txt" --out "$work/made" --epochs 1 --quiet --set hidden=4 \
    >/dev/null
expect_status 1 'given-variables' sample "$work/made" --count 1 --given "$work/own.npy" \
    --out "$work/no.txt"
expect_status 1 'families conv1d wavenet pixelcnn' sample "$work/made" --count 1 --shape 21 \
    --out "$work/no.txt"
[[ ! -e $work/no.txt ]] || fail "a refused command left a file"
finish
