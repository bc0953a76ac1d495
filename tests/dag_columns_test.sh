# A graph names the columns of a table: the order of its lines, and of the columns, does not matter.
. "$(dirname "$0")/lib.sh"

awk 'BEGIN { srand(3); print "rain,sprinkler,wet"
    for (i = 0; i < 300; i++) { r = rand() < 0.3; s = rand() < (r ? 0.1 : 0.6)
        print r "," s "," (rand() < (r || s ? 0.9 : 0.05)) + 0 } }' >"$work/wet.csv"
awk -F, '{ print $3 "," $1 "," $2 }' "$work/wet.csv" >"$work/turned.csv"
printf 'rain\nsprinkler: rain\nwet: rain sprinkler\n' >"$work/a.dag"
printf 'wet: rain sprinkler\nrain\nsprinkler: rain\n' >"$work/b.dag"
printf 'rain\nsprinkler: rain\nwett: rain sprinkler\n' >"$work/typo.dag"

# fit GRAPH DATA MODEL
fit() {
    run train bayesnet --data "$2" --set graph="$1" --set hidden=4 --epochs 3 --out "$3" --quiet \
        >/dev/null
}
fit "$work/a.dag" "$work/wet.csv" "$work/a"
fit "$work/b.dag" "$work/wet.csv" "$work/b"
expect_same <(run eval "$work/a" --data "$work/wet.csv" --json) \
    <(run eval "$work/b" --data "$work/wet.csv" --json) "another order of lines"
expect_same <(run eval "$work/a" --data "$work/wet.csv" --json) \
    <(run eval "$work/a" --data "$work/turned.csv" --json) "another order of columns"
expect_status 1 "typo.dag: no line for the column 'wet'; the columns are" \
    train bayesnet --data "$work/wet.csv" --set graph="$work/typo.dag" --out "$work/c" --quiet
sed 's/[a-z]*/\u&/g' "$work/a.dag" >"$work/upper.dag"
expect_status 1 "upper.dag: no line for the column 'rain'; the columns are" \
    train bayesnet --data "$work/wet.csv" --set graph="$work/upper.dag" --out "$work/c" --quiet
# Where columns have no names the lines are in their order.
fit "$work/upper.dag" <(tail -n +2 "$work/wet.csv") "$work/c"
expect_same <(run eval "$work/a" --data "$work/wet.csv" --json) \
    <(run eval "$work/c" --data "$work/wet.csv" --json) "lines by position"
finish
