# Tables as newcomers bring them: what is strange about their columns is said, cells to be drawn are
# marked in the table itself, and a value that was never seen is named with what helps.
. "$(dirname "$0")/lib.sh"

# people ROWS SEED: words, and numbers beside them
people() {
    awk -v n="$1" -v s="$2" 'BEGIN { srand(s); print "city,pet,age,income"
        split("Oslo,Rom,Zürich", city, ","); split("cat,dog,?", pet, ",")
        for (i = 0; i < n; i++) { c = 1 + int(3 * rand())
            printf "%s,%s,%d,%s\n", city[c], pet[rand() < 0.8 ? c : 1 + int(3 * rand())],
                20 + 5 * int(4 * rand()), rand() < 0.5 ? "low" : "high" } }'
}
# said PATTERN FILE
said() {
    grep -qE -- "$1" "$2" || fail "expected /$1/, got: $(cat "$2")"
    checks=$((checks + 1))
}
train() { # OUT ARGUMENTS...
    run train made --set hidden=8 --epochs 2 --seed 2 --out "$@" >"$work/log" 2>"$work/told"
}
people 400 1 >"$work/people.csv"
train "$work/m" --data "$work/people.csv" --set order_agnostic=true --set masks=4
grep -q 'different words' "$work/told" && fail "nothing is strange: $(cat "$work/told")"

# Numbers beside words are words: how many, of what column, and what they cost.
awk 'BEGIN { srand(4); print "name,x,y"
    for (i = 0; i < 300; i++) printf "%s,%.4f,%d\n", i % 2 ? "a" : "b", rand(), i % 7 }' \
    >"$work/floats.csv"
train "$work/floats" --data "$work/floats.csv"
said "[23][0-9][0-9] different words in column 'x', of 300 rows: .* of the table's [0-9]+;" \
    "$work/told"
awk 'BEGIN { print "a,b"; for (i = 0; i < 4000; i++) print "w" i % 1200 "," i % 2 }' \
    >"$work/many.csv"
run train uniform --data "$work/many.csv" --out "$work/u" >/dev/null 2>"$work/told"
said "1200 different words in column 'a', of 4000 rows" "$work/told"

# Integers have one alphabet, which is said; --columns words gives each its own, and is remembered.
awk 'BEGIN { srand(3); print "a,b,c"
    for (i = 0; i < 200; i++)
        print int(4 * rand()) "," int(4 * rand()) "," 100 + int(4 * rand()) }' \
    >"$work/integers.csv"
train "$work/one" --data "$work/integers.csv"
said "may take 0..103, though column 'a' has 0..3 only \(--columns words" "$work/told"
train "$work/own" --data "$work/integers.csv" --columns words
run sample "$work/own" --count 200 --out "$work/drawn.csv" >/dev/null
awk -F, 'NR > 1 && !($1 < 4 && $2 < 4 && $3 >= 100 && $3 < 104) { exit 1 }' "$work/drawn.csv" ||
    fail "a value that its column has not"
run compress "$work/own" --data "$work/integers.csv" --out "$work/own.lk" >/dev/null
run decompress "$work/own" --data "$work/own.lk" --out "$work/again.csv" >/dev/null
expect_same "$work/integers.csv" "$work/again.csv" "integers with columns of their own"
run train --from "$work/own" --data "$work/integers.csv" --epochs 1 --out "$work/more" >/dev/null \
    2>&1
expect_status 1 '--columns is of new models' train --from "$work/own" --columns words \
    --data "$work/integers.csv" --out "$work/x"
expect_status 1 'no columns; a table of words needs a first line' train made --columns words \
    --data <(printf '1,2\n2,1\n') --out "$work/x"
expect_status 1 'is amat, where a table' train made --columns words --data <(printf '1 2\n2 1\n') \
    --out "$work/x"
expect_status 1 '--unseen is of tables of words' train made --data "$work/integers.csv" --unseen \
    --out "$work/x"

# --given: ? and nothing are drawn, but a word of the column is held; columns may be missing.
given() { # MODEL TEXT COUNT
    printf "$2" >"$work/given.csv"
    run sample "$1" --count "$3" --given "$work/given.csv" --out "$work/drawn.csv" >/dev/null
}
given "$work/m" 'city,pet,age,income\nOslo,cat,?,?\n,dog,25,low\n' 40
awk -F, 'NR % 2 == 0 && !($1 == "Oslo" && $2 == "cat") { exit 1 }
    NR % 2 == 1 && NR > 1 && !($2 == "dog" && $3 == 25 && $4 == "low") { exit 1 }
    NR > 1 && ($1 !~ /^(Oslo|Rom|Zürich)$/ || $3 !~ /^(20|25|30|35)$/) { exit 1 }' \
    "$work/drawn.csv" || fail "--given of a table: $(cat "$work/drawn.csv")"
[[ $(awk -F, 'NR % 2 { print $1 }' "$work/drawn.csv" | sort -u | wc -l) -gt 2 ]] ||
    fail "an empty cell is not drawn"
given "$work/m" 'pet,income\n?,low\n' 20
awk -F, 'NR > 1 && !($2 == "?" && $4 == "low") { exit 1 }' "$work/drawn.csv" ||
    fail "a word of the column is not held, or a missing column not drawn"
given "$work/own" 'a,b,c\n2,?,?\n' 20
awk -F, 'NR > 1 && $1 != 2 { exit 1 }' "$work/drawn.csv" || fail "columns of their own"
given "$work/one" 'a,b,c\n2,?,\n' 20
awk -F, 'NR > 1 && $1 != 2 { exit 1 }' "$work/drawn.csv" || fail "a table of integers"
checks=$((checks + 5))
expect_status 1 "column 2 \('pet'\): 'cow' is no value that the model knows" \
    sample "$work/m" --count 1 --given <(printf 'city,pet\nOslo,cow\n') --out "$work/x.csv"
# Four columns are no picture of 2 x 2.
expect_status 1 'not for images' sample "$work/m" --count 1 --given "$work/people.csv" \
    --given-rows 1 --out "$work/x.csv"
expect_status 1 'which only a .csv holds' sample "$work/m" --count 1 --given "$work/given.csv" \
    --out "$work/x.png"
[[ ! -e $work/x.png ]] || fail "a picture of words"
printf 'city,pet,age,income\nOslo,?,,low\n,?,?,high\n' >"$work/given.csv"
run sample "$work/m" --count 2 --given "$work/given.csv" --out "$work/drawn.csv" >"$work/told"
said "2 cells are held as the word '\?' \(they stood in the training data; leave out the column" \
    "$work/told"
printf 'city,age,income\nOslo,,low\n' >"$work/given.csv"
run sample "$work/m" --count 2 --given "$work/given.csv" --out "$work/drawn.csv" >"$work/told"
grep -q 'held as' "$work/told" && fail "nothing is held: $(cat "$work/told")"
expect_status 1 'all values are given: write \? where' sample "$work/m" --count 1 \
    --given <(head -2 "$work/people.csv") --out "$work/x.csv"
expect_status 1 "the column 'b' is held, but the column 'a', which comes before it" \
    sample "$work/one" --count 1 --given <(printf 'a,b,c\n?,1,2\n') --out "$work/x.csv"

# info: columns with their words, labels, views.
run info "$work/m" >"$work/log"
said "^columns +4, each with its words\$" "$work/log"
said "^  city +3: 'Oslo', 'Rom', 'Zürich'\$" "$work/log"
said ', binarization none \(words\)$' "$work/log"
run info "$work/m" --json >"$work/log"
said '"name": "city"' "$work/log"
said '"binarization": "none \(words\)"' "$work/log"
run info "$work/one" >"$work/log"
said '^columns +3$' "$work/log"
said '^  c$' "$work/log"
said ', binarization none$' "$work/log"
train "$work/given" --data "$work/people.csv" --condition income --unseen
run info "$work/given" >"$work/log"
said "^given labels +income, 2: 'high', 'low'\$" "$work/log"
said "^  age +4: '20', '25', '30', '35', and unseen ones\$" "$work/log"
run info "$work/given" --json >"$work/log"
said '"label_column"' "$work/log"
said '"classes": \[' "$work/log"
train "$work/view" --data "$work/integers.csv" --view bits:4 --alphabet 128
run info "$work/view" >"$work/log"
said '^view +bits:4$' "$work/log"

# Of a model with a view no value can be held, whatever its orderings.
expect_status 1 "with a view draws the high parts .* a model without a view" sample "$work/view" \
    --count 1 --given <(printf 'a,b,c\n1,?,2\n') --out "$work/x.csv"

# score: what surprises is above its column's mean, though the other column costs more in each row.
awk 'BEGIN { print "many,few"; for (i = 1; i <= 100; i++) print "v" i "," (i % 20 ? "x" : "y") }' \
    >"$work/uneven.csv"
run train histogram --data "$work/uneven.csv" --set joint=no --out "$work/h" --quiet >/dev/null
run score "$work/h" --data "$work/uneven.csv" --out "$work/uneven-scores.csv" >/dev/null
[[ $(grep -c '"few"$' "$work/uneven-scores.csv") -eq 5 ]] ||
    fail "$(head -22 "$work/uneven-scores.csv")"
# score: the column by name; the strangest rows; a value never seen by row, column and advice.
run score "$work/m" --data "$work/people.csv" --out "$work/scores.csv" --top 3 >"$work/log"
run score "$work/m" --data "$work/people.csv" --out "$work/scores.jsonl" >/dev/null
[[ $(grep -cE '"column": ?"(city|pet|age|income)"' "$work/scores.jsonl") -eq 400 ]] ||
    fail "$(head -2 "$work/scores.jsonl")"
[[ $(grep -cE '^ +[0-9]+ +[0-9.]+ +[1-4] +[0-9.]+  (city|pet|age|income)$' "$work/log") -eq 3 ]] ||
    fail "--top 3: $(cat "$work/log")"
head -1 "$work/scores.csv" | grep -q ',variable_nats,column$' ||
    fail "$(head -1 "$work/scores.csv")"
awk -F, 'NR > 1 && $NF !~ /^"(city|pet|age|income)"$/ { exit 1 }' "$work/scores.csv" ||
    fail "$(head -3 "$work/scores.csv")"
checks=$((checks + 3))
expect_status 1 "line 2, column 1 \('city'\): 'Köln' .*'Zürich'.*likely train --unseen" \
    score "$work/m" --data <(printf 'city,pet,age,income\nKöln,cat,20,low\n')
expect_status 1 "there is no column 'income'; the columns of the file are 'city', 'pet', 'age'\$" \
    score "$work/m" --data <(cut -d, -f1-3 "$work/people.csv")

# Words are no grey values, in any verb and whatever the alphabet.
words='a table of words, which are no grey values .*leave out --binarize'
printf 'size,two\nS,x\nM,y\nL,x\nS,y\n' >"$work/sizes.csv"
printf 'one,two\na,x\nb,y\na,y\n' >"$work/pairs.csv"
for data in sizes pairs; do
    train "$work/$data" --data "$work/$data.csv"
    for how in threshold sample; do
        for verb in eval score check compress sample train; do
            more=() model=$work/$data
            case $verb in
            compress) more=(--out "$work/words.lk") ;;
            sample) more=(--count 1 --given-variables 1 --out "$work/words.csv") ;;
            train) more=(--out "$work/words") model=made ;;
            esac
            option=--data
            [[ $verb = sample ]] && option=--given
            expect_status 1 "$words" $verb "$model" $option "$work/$data.csv" --binarize $how \
                "${more[@]}"
        done
        expect_status 1 "$words" eval "$work/$data" "$work/$data" --data "$work/$data.csv" \
            --binarize $how
        expect_status 1 "$words" train --from "$work/$data" --data "$work/$data.csv" \
            --out "$work/words" --binarize $how
    done
done
expect_status 1 "$words" train made --data "$work/integers.csv" --columns words \
    --out "$work/words" --binarize sample
expect_status 1 'alphabets of their own.*leave out --alphabet' eval "$work/sizes" \
    --data "$work/sizes.csv" --alphabet 2

# Labels of a model that is given none are flags; more than flags are classes, taken for a mistake.
for ((i = 0; i < 400; i++)); do echo $((i % 3)); done >"$work/classes"
expect_status 1 'the label of example 3 is 2, .*given no labels.* say --anomalies' \
    score "$work/m" --data "$work/people.csv" --labels "$work/classes"
run score "$work/m" --data "$work/people.csv" --anomalies "$work/classes" >"$work/log"
said AUROC "$work/log"

# A setting of parents that no row has: no table has a hole there, the conditional is what the
# network makes of the parents (findings/unseen_parents.sh: elsewhere it is uniform).
printf 'a,b,c\n0,0,0\n0,1,1\n1,0,2\n0,0,0\n' >"$work/four.csv"
printf 'a\nb\nc: a b\n' >"$work/four.dag"
run train bayesnet --data "$work/four.csv" --set graph="$work/four.dag" --epochs 200 \
    --batch-size 4 --learning-rate 0.05 --out "$work/net" >/dev/null 2>"$work/log"
printf 'a,b,c\n1,1,0\n1,1,1\n1,1,2\n' >"$work/never.csv"
run score "$work/net" --data "$work/never.csv" --out "$work/net.csv" >/dev/null
awk -F, 'NR > 1 { p = exp(-$2); sum += p; if ($2 !~ /^[0-9.]+$/ || $6 == 1.0986123) exit 1 }
    END { if (sum > 0.2 || sum < 0.01) exit 1 }' "$work/net.csv" || fail "$(cat "$work/net.csv")"
checks=$((checks + 1))

# A first column whose name begins as a picture's header does.
printf 'P1 level,P2\n20,3\n22,4\n' >"$work/magic.csv"
train "$work/magic" --data "$work/magic.csv"
run info "$work/magic" >"$work/log"
said "^ +P1 level\$" "$work/log"

finish
