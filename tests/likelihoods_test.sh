# eval and score where 0.1 had nothing, or something strange: infinite likelihoods, learning from
# examples, folders of texts, where in an example the surprise lies, labels.
. "$(dirname "$0")/lib.sh"

# Probability zero: told, never a number that is none, and placed in the ranking.
printf '00\n01\n00\n' >"$work/seen.txt"
printf '00\n10\n01\n11\n' >"$work/unseen.txt"
printf '0\n1\n0\n1\n' >"$work/anomalies.txt"
run train histogram --data "$work/seen.txt" --out "$work/h" --set smoothing=0 --quiet >/dev/null
run train histogram --data "$work/unseen.txt" --out "$work/wide" --quiet >/dev/null
run eval "$work/h" --data "$work/unseen.txt" >"$work/eval"
grep -q '^NLL inf nats per example, inf bits' "$work/eval" || fail "eval: $(cat "$work/eval")"
grep -q '^2 examples have probability zero' "$work/eval" || fail "eval: $(cat "$work/eval")"
run eval "$work/h" --data "$work/unseen.txt" --json >"$work/eval"
[[ $(json "$work/eval" nll_nats) == Infinity && $(json "$work/eval" bits_per_dim) == Infinity ]] ||
    fail "eval: $(cat "$work/eval")"
for background in h wide; do
    run score "$work/h" --data "$work/unseen.txt" --against "$work/$background" \
        --labels "$work/anomalies.txt" --out "$work/scores.csv" --json >"$work/score"
    [[ $(json "$work/score" auroc) == 1.0 ]] || fail "AUROC: $(cat "$work/score")"
    [[ $(grep -c Infinity "$work/score") -eq 6 ]] || fail "scores: $(cat "$work/score")"
    ! grep -q null "$work/score" || fail "scores: $(cat "$work/score")"
    awk -F, 'NR == 1 && $(NF - 1) != "variable" { exit 1 }
        NR == 3 && ($2 != "inf" || $5 != "inf" || $7 != 1 || $8 != "inf") { exit 1 }' \
        "$work/scores.csv" || fail "scores.csv: $(cat "$work/scores.csv")"
done
run score "$work/wide" --data "$work/unseen.txt" --against "$work/h" --json >"$work/score"
[[ $(grep -c -- -Infinity "$work/score") -eq 3 ]] || fail "scores: $(cat "$work/score")"

# Where it lies: variable 3 repeats variable 2, but for one example.
awk 'BEGIN { for (i = 0; i < 64; i++)
    print (i % 2) (int(i / 2) % 2) (int(i / 4) % 2) (int(i / 4) % 2) (int(i / 8) % 2) }' \
    >"$work/rows.txt"
{ head -5 "$work/rows.txt"; echo 01101; head -3 "$work/rows.txt"; } >"$work/odd.txt"
run train made --data "$work/rows.txt" --out "$work/made" --set hidden=16 --set masks=2 \
    --epochs 60 --learning-rate 0.02 --batch-size 8 --seed 3 --quiet >/dev/null
run score "$work/made" --data "$work/odd.txt" --out "$work/scores.csv" >"$work/score"
grep -q '^the strangest is example 6, score .*variable is 4, ' "$work/score" ||
    fail "score: $(cat "$work/score")"
[[ $(sed -n 7p "$work/scores.csv" | awk -F, '{ print $1, $(NF - 1) }') == "6 4" ]] ||
    fail "scores.csv: $(cat "$work/scores.csv")"

# Learning from examples: what eval says is what score adds up, with any number of threads.
run eval "$work/made" --data "$work/odd.txt" --adapt 0.01 --json >"$work/eval"
run eval "$work/made" --data "$work/odd.txt" --adapt 0.01 --json --threads 3 --batch-size 4 \
    >"$work/eval2"
expect_same "$work/eval" "$work/eval2" "learning with 3 threads"
run score "$work/made" --data "$work/odd.txt" --adapt 0.01 --json >"$work/score"
[[ $(json "$work/eval" nll_nats) == "$(json "$work/score" mean_nll_nats)" ]] ||
    fail "learning: $(cat "$work/eval" "$work/score")"
run eval "$work/made" --data "$work/odd.txt" --json >"$work/eval2"
[[ $(json "$work/eval" nll_nats) != "$(json "$work/eval2" nll_nats)" ]] || fail "nothing is learned"
expect_status 2 'leave out --adapt, or --map' score "$work/made" --data "$work/odd.txt" \
    --adapt 0.01 --map "$work/map.png"

# A folder of texts is its texts.
mkdir "$work/texts"
for i in 1 2 3; do
    for k in $(seq 1 $((i * i * 9))); do echo "line $((k * i % 7)) of text $i"; done \
        >"$work/texts/$i.txt"
done
run train charrnn --data "$work/texts/3.txt" --text bytes --window 16 --batch-size 4 \
    --set width=8 --set layers=1 --epochs 2 --out "$work/text" --quiet >/dev/null
sum=0
for i in 1 2 3; do
    run eval "$work/text" --data "$work/texts/$i.txt" --json >"$work/eval"
    sum="$sum + $(json "$work/eval" nll_nats)"
done
run eval "$work/text" --data "$work/texts" --json >"$work/eval"
[[ $(json "$work/eval" bytes) -eq $(cat "$work"/texts/* | wc -c) ]] ||
    fail "a folder: $(cat "$work/eval")"
awk "BEGIN { d = ($sum) / $(json "$work/eval" nll_nats) - 1; exit !(d < 1e-12 && d > -1e-12) }" ||
    fail "a folder: $sum, $(cat "$work/eval")"
run eval "$work/text" --data "$work/texts" | grep -q ' 3 texts, each from its beginning' ||
    fail "a folder is not told"
run score "$work/text" --data "$work/texts" | grep -q '^3 texts: ' || fail "score of a folder"

# Labels are for models that are given them.
expect_status 2 'labels is for models of p\(x \| label\)' eval "$work/h" \
    --data "$work/unseen.txt" --labels "$work/anomalies.txt"
expect_status 2 'classify is for models of p' eval "$work/h" --data "$work/unseen.txt" --classify
# Of a table: the odd column by its name.
awk 'BEGIN { print "size,kind,colour,sound"; srand(2)
    for (i = 0; i < 150; i++) { k = int(3 * rand())
        split("small cat grey meow big dog brown woof small bird blue peep", w, " ")
        print w[4 * k + 1] "," w[4 * k + 2] "," w[4 * k + 3] "," w[4 * k + 4] } }' \
    >"$work/animals.csv"
run train made --data "$work/animals.csv" --out "$work/animals" --set hidden=16 --epochs 30 \
    --learning-rate 0.02 --batch-size 8 --seed 3 --quiet >/dev/null
{ head -9 "$work/animals.csv"; echo 'big,dog,brown,peep'; } >"$work/odd.csv"
run score "$work/animals" --data "$work/odd.csv" --out "$work/scores.csv" >"$work/score"
grep -q '^the strangest is example 9, .* variable is 4 (sound), ' "$work/score" ||
    fail "the odd column: $(cat "$work/score")"
run score "$work/animals" --data "$work/odd.csv" --json >"$work/score"
[[ $(sed -n '/"p_values"/,/]/p' "$work/score" | grep -cE '^ *[01]\.?[0-9e-]*,?$') -eq 9 ]] ||
    fail "p-values for programs: $(cat "$work/score")"
run eval "$work/animals" --data "$work/odd.csv" --json >"$work/eval"
[[ $(json "$work/eval" dimensions) -eq 4 ]] || fail "a table: $(cat "$work/eval")"

run eval --help >"$work/help" # grep -q ends a pipe early
grep -q '"Infinity"' "$work/help" || fail "eval --help does not tell of Infinity"
finish
