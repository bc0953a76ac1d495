# Models of any order: trained on sets of known variables, evaluated under as many orders or in as
# few steps as asked for, held at any variables.
. "$(dirname "$0")/lib.sh"

make_rows 400 12 1 >"$work/train.txt"
make_rows 60 12 2 >"$work/test.txt"
for family in fvsbn nade eonade ardm; do
    settings=()
    [[ $family == fvsbn ]] || settings=(--set hidden=24)
    run train "$family" "${settings[@]}" --data "$work/train.txt" --epochs 40 --learning-rate 0.01 \
        --seed 3 --out "$work/$family" >/dev/null 2>&1 || fail "$family is not trained"
    run check "$work/$family" --data "$work/test.txt" >/dev/null || fail "$family: check"
    run eval "$work/$family" --data "$work/test.txt" --json >"$work/json"
    awk -v nll="$(json "$work/json" nll_nats)" 'BEGIN { exit !(nll > 4 && nll < 7) }' ||
        fail "$family: $(cat "$work/json")" # a chain of 12 has log 2 + 11 h(0.15) = 5.34 nats
    run compress "$work/$family" --data "$work/test.txt" --out "$work/packed" >/dev/null
    run decompress "$work/$family" --data "$work/packed" --out "$work/back.txt" >/dev/null
    expect_same "$work/test.txt" "$work/back.txt" "$family: decompressed"
done

# nll MODEL SETTING...: in nats per example
nll() {
    local model=$1 set=()
    shift
    for setting in "$@"; do set+=(--set "$setting"); done
    run eval "$work/$model" --data "$work/test.txt" "${set[@]}" --json >"$work/json"
    json "$work/json" nll_nats
}

# More orders are a better model; fewer steps a worse one, of which one step is the worst.
one=$(nll eonade) two=$(nll eonade orders=2) many=$(nll eonade orders=16)
three=$(nll ardm steps=3) whole=$(nll ardm) single=$(nll ardm steps=1)
awk -v one="$one" -v many="$many" -v whole="$whole" -v three="$three" -v single="$single" \
    'BEGIN { exit !(many < one && whole < three && three < single && single > 8) }' ||
    fail "orders: $one, $two, $many; steps: $whole, $three, $single"
checks=$((checks + 1))

# Another number of orders is another model, for a file too.
of_four=(--set orders=4)
run compress "$work/eonade" "${of_four[@]}" --data "$work/test.txt" --out "$work/packed" >/dev/null
expect_status 1 'compressed with model' decompress "$work/eonade" --data "$work/packed" \
    --out "$work/back.txt"
run decompress "$work/eonade" "${of_four[@]}" --data "$work/packed" --out "$work/back.txt" \
    >/dev/null
expect_same "$work/test.txt" "$work/back.txt" "of four orders"
run info "$work/eonade" "${of_four[@]}" | grep -qE '^masks +4$' || fail "info does not say 4 orders"
run info "$work/ardm" --set steps=3 --json >"$work/json"
[[ $(json "$work/json" sequential_steps) -eq 3 ]] || fail "info does not say 3 steps"
checks=$((checks + 2))

# Any variables may be held: the last ones, which come first in no order of the model's own.
echo '? ? ? ? ? ? 1 1 1 1 1 1' >"$work/given.txt"
for model in eonade ardm; do
    run sample "$work/$model" --given "$work/given.txt" --count 50 --out "$work/drawn.txt" \
        >/dev/null
    [[ $(grep -cE '^[01]{6}111111$|^([01] ){6}1 1 1 1 1 1$' "$work/drawn.txt") -eq 50 ]] ||
        fail "$model: $(head -3 "$work/drawn.txt")"
    awk '{ gsub(" ", ""); ones += substr($0, 6, 1) } END { exit !(ones > 30) }' "$work/drawn.txt" ||
        fail "$model does not see what is held"
    checks=$((checks + 1))
done
expect_status 1 'comes before it in the model.s ordering' sample "$work/nade" --given \
    "$work/given.txt" --count 2 --out "$work/drawn.txt"

# Given a label, and the parts of a view: training knows some of them, and the label always.
awk 'BEGIN { srand(5); print "kind,a,b,c"
    for (i = 0; i < 200; i++) { k = int(3 * rand())
        print "k" k "," k "," int(3 * rand()) "," (rand() < 0.8 ? k : 3) } }' >"$work/kinds.csv"
awk 'BEGIN { srand(6)
    for (i = 0; i < 200; i++) { x = int(4 * rand()); print x "," x "," int(4 * rand()) } }' \
    >"$work/numbers.csv"
for family in nade eonade ardm; do
    run train "$family" --set hidden=16 --data "$work/kinds.csv" --condition kind --epochs 60 \
        --learning-rate 0.02 --out "$work/given" >/dev/null 2>&1 || fail "$family given a label"
    run eval "$work/given" --data "$work/kinds.csv" --classify --json >"$work/json"
    awk -v right="$(json "$work/json" accuracy)" 'BEGIN { exit !(right > 0.9) }' ||
        fail "$family does not see its label: $(cat "$work/json")"
    run train "$family" --set hidden=16 --data "$work/numbers.csv" --view bits:1 --epochs 5 \
        --out "$work/view" >/dev/null 2>&1 || fail "$family on a view"
    run check "$work/view" --data "$work/numbers.csv" >/dev/null || fail "$family on a view: check"
    checks=$((checks + 2))
done

expect_status 1 'which stays; of a trained eonade can be changed: orders, order_seed' eval \
    "$work/eonade" --set hidden=3 --data "$work/test.txt"
expect_status 1 'orders' eval "$work/eonade" --set orders=0 --data "$work/test.txt"
expect_status 1 "unknown setting 'steps'" eval "$work/eonade" --set steps=3 --data "$work/test.txt"
finish
