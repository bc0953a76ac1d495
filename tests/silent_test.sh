# No option is ignored in silence: what says nothing of this model or these data is refused, in one
# line and before the work, or it is said that it says nothing. And names as people write them.
. "$(dirname "$0")/lib.sh"
printf 'a,b,c\n0,1,2\n1,0,2\n2,1,0\n1,1,1\n' >"$work/i.csv"
printf 'a text of which a model learns but a little, and not more than that\n' >"$work/text"
printf '1\n0\n1\n0\n' >"$work/labels"
made=(train made --data "$work/i.csv" --epochs 1 --set hidden=4 --out "$work/x")
run "${made[@]}" --quiet >/dev/null
mv "$work/x" "$work/m"
run train charrnn --data "$work/text" --text bytes --set width=4 --window 8 --epochs 1 \
    --out "$work/t" --quiet >/dev/null

# Families that do not train by gradients, or not at all.
for option in 'optimizer sgd' 'batch-size 4' 'ema 0.9' 'slices 2' 'learning-rate 0.1' \
    'patience 3'; do
    for family in histogram uniform bernoulli-mixture; do
        # shellcheck disable=SC2086
        expect_status 2 "--${option% *} is for families that are trained by gradients" \
            train $family --data "$work/i.csv" --$option --out "$work/x"
    done
done
expect_status 2 '--log is for families that are trained step by step' train histogram \
    --data "$work/i.csv" --log "$work/log" --out "$work/x"
[[ ! -e $work/log ]] || fail "a log of nothing"
run train histogram --data "$work/i.csv" --epochs 3 --out "$work/h" 2>"$work/said" >/dev/null
grep -qx -- '--epochs is for families that are trained step by step, and says nothing here' \
    "$work/said" ||
    fail "epochs of a histogram: $(cat "$work/said")"

# Options that are of others.
expect_status 2 '--valid-labels says nothing without --valid' "${made[@]}" \
    --valid-labels "$work/labels"
expect_status 2 '--labels says nothing without --condition' "${made[@]}" --labels "$work/labels"
expect_status 2 '--momentum says nothing without --optimizer sgd' "${made[@]}" --momentum 0.5
expect_status 2 '--decay says nothing without --schedule step' "${made[@]}" --decay 0.5
expect_status 2 '--valid and --valid-fraction exclude' "${made[@]}" --valid "$work/i.csv" \
    --valid-fraction 0.5
expect_status 2 '--binarize-seed says nothing without' "${made[@]}" --binarize-seed 3
run "${made[@]}" --window 3 2>"$work/said" >/dev/null
grep -q '^--window is for models of texts, and' "$work/said" || fail "window: $(cat "$work/said")"
rm "$work/x"*
expect_status 1 'hidden=4, and hidden=8: a setting has one value' "${made[@]}" --set hidden=8
expect_status 2 '--binarize needs --given' sample "$work/m" --count 1 --out "$work/x.csv" \
    --binarize threshold

expect_status 2 'expected a number from 0 to 0.99999999' "${made[@]}" --ema 1

# Texts and pictures.
for option in 'crop 8x8' 'shape 8' 'alpha drop' 'orient' 'alphabet 9' 'columns words'; do
    # shellcheck disable=SC2086
    expect_status 2 "--${option% *} is for models of examples" train charrnn --data "$work/text" \
        --text bytes --$option --out "$work/x"
done
for verb in eval score compress check; do
    out=$([[ $verb != compress ]] || echo "--out $work/x")
    # shellcheck disable=SC2086
    expect_status 2 '--orient is for models of examples' $verb "$work/t" --data "$work/text" \
        --orient $out
    # shellcheck disable=SC2086
    expect_status 1 'i.csv: --alpha is of pictures, but this is csv' $verb "$work/m" \
        --data "$work/i.csv" --alpha drop $out
done
expect_status 1 'i.csv: --depth is of pictures' "${made[@]}" --depth 8
[[ ! -e $work/x ]] || fail "something was written"

# Further training with a setting that the model has.
run train --from "$work/m" --data "$work/i.csv" --epochs 1 --set hidden=4 --out "$work/x" \
    --quiet >/dev/null
expect_status 1 'trained with hidden=4, which stays' train --from "$work/m" --data "$work/i.csv" \
    --set hidden=5 --out "$work/x"

# DAGs and orderings from other hands: BOM, other line ends, blanks in names, names that are no
# UTF-8, comments, commas, standard input.
printf 'my col,b\351,c#\n0,1,1\n1,0,0\n1,1,0\n' >"$work/named.csv"
printf '\357\273\277"my col"\r"b\351": "my col" # of "it"\r\r\n"c#": b\351, "my col"\r' >"$work/dag"
net=(train bayesnet --data "$work/named.csv" --epochs 1 --quiet --out "$work/net")
run "${net[@]}" --set graph="$work/dag" >/dev/null
run info "$work/net" --field 'c#' --json | tr -d ' \n' | grep -q '"seen_variables":\[1,2\]' ||
    fail "parents: $(run info "$work/net" --field 'c#' --json)"
mv "$work/net" "$work/same"
run "${net[@]}" --set graph=- <"$work/dag" >/dev/null
expect_same <(run info "$work/net" --json | grep fingerprint) \
    <(run info "$work/same" --json | grep fingerprint) "a graph from standard input"
sed -i 's/b\xe9/b/' "$work/named.csv" "$work/dag"
run "${net[@]}" --set graph="$work/dag" >/dev/null
run info "$work/net" | grep -q '"my col"' || fail "a name with a blank: $(run info "$work/net")"
run eval "$work/net" --data "$work/named.csv" >/dev/null
printf '\357\273\2772, 0 # the first two\r1,\r' >"$work/order"
run train made --data "$work/i.csv" --order "$work/order" --epochs 1 --out "$work/o" --quiet \
    >/dev/null
expect_same <(run info "$work/o" --field 2 --json | grep -c '"earlier": 0,') <(echo 1) "an order"
run train made --data "$work/i.csv" --order - --epochs 1 --out "$work/p" --quiet \
    <"$work/order" >/dev/null
expect_same <(run info "$work/o" --json | grep fingerprint) \
    <(run info "$work/p" --json | grep fingerprint) "an order from standard input"
finish
