# Fields on the command line: labels as conditions, views, tables of words.
. "$(dirname "$0")/lib.sh"

# make_table COUNT SEED: columns of words, numbers and missing values that depend on each other
make_table() {
    awk -v n="$1" -v s="$2" 'BEGIN { srand(s); split("red green blue NA", c, " ")
        print "colour,size,\"shape, or so\",always"
        for (i = 0; i < n; i++) {
            k = 1 + int(4 * rand()); size = rand() < 0.8 ? k : 1 + int(4 * rand())
            print c[k] "," (size == 4 ? "" : size * 10) "," \
                (rand() < 0.7 && size == 1 ? "\"round, \"\"flat\"\"\"" : "?") ",yes" } }'
}
make_table 400 1 >"$work/train.csv"
make_table 90 2 >"$work/test.csv"
# The same rows with the columns in another order.
python3 - "$work/test.csv" "$work/permuted.csv" <<'P'
import csv, sys
rows = list(csv.reader(open(sys.argv[1])))
out = csv.writer(open(sys.argv[2], "w"), lineterminator="\n")
out.writerows([row[i] for i in (2, 3, 0, 1)] for row in rows)
P

# ---- tables --------------------------------------------------------------------------------------

families=(made bayesnet bernoulli-mixture histogram)
for family in "${families[@]:0:$(most 2)}"; do
    run train $family --data "$work/train.csv" --out "$work/$family" --epochs 3 --quiet >/dev/null
    run eval "$work/$family" --data "$work/test.csv" --json >"$work/one"
    run eval "$work/$family" --data "$work/permuted.csv" --json >"$work/two"
    [[ $(json "$work/one" nll_nats) == $(json "$work/two" nll_nats) ]] ||
        fail "$family: the order of the columns matters"
    run compress "$work/$family" --data "$work/permuted.csv" --out "$work/coded" >/dev/null
    run decompress "$work/$family" --data "$work/coded" --out "$work/restored.csv" >/dev/null
    expect_same "$work/test.csv" "$work/restored.csv" "$family: table restored value for value"
    run sample "$work/$family" --count 20 --out "$work/samples.csv" >/dev/null
    head -1 "$work/test.csv" | cmp - <(head -1 "$work/samples.csv") || fail "$family: no header"
    run eval "$work/$family" --data "$work/samples.csv" >/dev/null
    checks=$((checks + 3))
done
sed 's/^red,/purple,/' "$work/test.csv" >"$work/unseen.csv"
expect_status 1 "line [0-9]+, column 1 .*colour.*purple.*nearest" eval "$work/made" \
    --data "$work/unseen.csv"
cut -d, -f1-2 "$work/test.csv" >"$work/fewer.csv"
expect_status 1 "always|shape, or so" eval "$work/made" --data "$work/fewer.csv"
run train made --data "$work/train.csv" --out "$work/open" --epochs 2 --unseen --quiet >/dev/null
run eval "$work/open" --data "$work/unseen.csv" >/dev/null
expect_status 1 "unseen" compress "$work/open" --data "$work/unseen.csv" --out "$work/coded"

# ---- labels --------------------------------------------------------------------------------------

# Rows that say what they are: of class "even" they begin with zeros, of class "odd" with ones.
awk -v A="$work/rows.txt" -v B="$work/classes.txt" \
    'BEGIN { srand(4); for (i = 0; i < 300; i++) { odd = i % 2; line = ""
    for (v = 0; v < 12; v++) line = line (rand() < 0.85 ? odd : 1 - odd)
    print line > A; print (odd ? "odd" : "even") > B } }'
families=(made charrnn pixelcnn)
for family in "${families[@]:0:$(most 2)}"; do
    shape=()
    [[ $family == pixelcnn ]] && shape=(--shape 3x4x1 --set blocks=1 --set channels=4 --set head=4)
    run train $family --data "$work/rows.txt" --labels "$work/classes.txt" --condition label \
        --out "$work/given" --epochs 20 --learning-rate 0.02 "${shape[@]:0:2}" "${shape[@]:2}" \
        --quiet >/dev/null
    run eval "$work/given" --data "$work/rows.txt" --labels "$work/classes.txt" >"$work/text"
    grep -q 'p(x | label)' "$work/text" || fail "$family: eval does not say what its figure is of"
    run eval "$work/given" --data "$work/rows.txt" --labels "$work/classes.txt" --classify --json \
        >"$work/one"
    awk -v a="$(json "$work/one" accuracy)" 'BEGIN { exit !(a > 0.9) }' ||
        fail "$family: accuracy $(json "$work/one" accuracy)"
    run compress "$work/given" --data "$work/rows.txt" --labels "$work/classes.txt" \
        --out "$work/coded" >/dev/null
    run decompress "$work/given" --data "$work/coded" --out "$work/restored.txt" >/dev/null
    expect_same "$work/rows.txt" "$work/restored.txt" "$family: restored given the labels"
    run sample "$work/given" --count 50 --label odd --out "$work/samples.txt" >/dev/null
    ones=$(tr -cd 1 <"$work/samples.txt" | wc -c)
    [[ $ones -gt 400 ]] || fail "$family: samples of odd have $ones ones of 600"
    checks=$((checks + 3))
    expect_status 1 "label" eval "$work/given" --data "$work/rows.txt"
    expect_status 1 "prime.*(even|odd)" sample "$work/given" --label prime --out "$work/x.txt"
done
sed '7s/.*/prime/' "$work/classes.txt" >"$work/others.txt"
expect_status 1 "prime.*even.*odd" eval "$work/given" --data "$work/rows.txt" \
    --labels "$work/others.txt"
run train made --data "$work/train.csv" --condition colour --out "$work/column" --epochs 2 \
    --quiet >/dev/null
run compress "$work/column" --data "$work/test.csv" --out "$work/coded" >/dev/null
run decompress "$work/column" --data "$work/coded" --out "$work/restored.csv" >/dev/null
expect_same "$work/test.csv" "$work/restored.csv" "given a column, which is restored too"

# ---- views ---------------------------------------------------------------------------------------

awk 'BEGIN { srand(6); for (i = 0; i < 120; i++) { v = int(256 * rand()); line = ""
    for (p = 0; p < 12; p++) { v = (v + int(9 * rand())) % 256; line = line (p ? "," : "") v }
    print line } }' >"$work/grey.csv"
# An ensemble is not split into parts: one order alone is.
families=(made pixelcnn multiscale "lmconv --set orders=0" gated-pixelcnn pixelcnn++ pixelsnail
    image-transformer pyramid)
for family in "${families[@]:0:$(most 3)}"; do
    run train $family --data "$work/grey.csv" --alphabet 256 --shape 3x4x1 --view bits:4 \
        --out "$work/view" --epochs 1 --quiet >/dev/null
    run eval "$work/view" --data "$work/grey.csv" --json >"$work/one"
    grep -q '"high"' "$work/one" && grep -q '"low"' "$work/one" ||
        fail "$family: eval does not list the views"
    run compress "$work/view" --data "$work/grey.csv" --out "$work/coded" >/dev/null
    run decompress "$work/view" --data "$work/coded" --out "$work/restored.csv" >/dev/null
    expect_same "$work/grey.csv" "$work/restored.csv" "$family: restored from its view"
    run sample "$work/view" --count 3 --out "$work/samples.csv" >/dev/null
    run eval "$work/view" --data "$work/samples.csv" >/dev/null
    checks=$((checks + 1))
done
expect_status 1 "bits" train made --data "$work/grey.csv" --view bits:9 --out "$work/x"
finish
