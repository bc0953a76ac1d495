# What a user should know of how data were read is said in one line: by train on standard error,
# unless it is to be quiet, by others among the results.
. "$(dirname "$0")/lib.sh"

# said PATTERN ARGUMENTS...: the command succeeds and says so
said() {
    local pattern=$1
    shift
    run "$@" >"$work/stdout" 2>"$work/stderr" || fail "likely $*: $(cat "$work/stderr")"
    [[ $(cat "$work/stdout" "$work/stderr" | grep -cE -- "$pattern") -eq 1 ]] ||
        fail "likely $*: expected /$pattern/ once, got: $(cat "$work/stdout" "$work/stderr")"
    run "$@" --quiet >/dev/null 2>"$work/stderr"
    [[ ! -s $work/stderr ]] || fail "likely $* --quiet: $(cat "$work/stderr")"
    checks=$((checks + 2))
}

m=$work/model
printf ',a,b\n0,1,0\n1,0,1\n2,1,1\n' >"$work/pandas.csv"
said 'pandas.csv: the first column, which numbers the rows, is left out' \
    train uniform --data "$work/pandas.csv" --out "$m"
said 'pandas.csv: the first column' eval "$m" --data "$work/pandas.csv"
said 'pandas.csv: the first column' score "$m" --data "$work/pandas.csv"
printf '"a" "b"\n"1" 1 0\n"2" 0 1\n' | tr ' ' ',' >"$work/r.csv"
said 'r.csv: the first column' train uniform --data "$work/r.csv" --out "$m"
printf '"","9.5","10"\n"8.5",1,0\n"9",0,1\n' >"$work/corner.csv"
said 'corner.csv: the first column' train uniform --data "$work/corner.csv" --out "$m"
run sample "$m" --count 1 --out "$work/corner_again.csv" >/dev/null
[[ $(head -1 "$work/corner_again.csv") == '"9.5","10"' ]] || fail 'a header of numbers is no header'
run train uniform --data "$work/corner_again.csv" --alphabet 2 --out "$work/again" --quiet \
    >/dev/null
run eval "$work/again" --data "$work/corner_again.csv" >"$work/stdout"
grep -q '^1 example' "$work/stdout" || fail "it is an example: $(cat "$work/stdout")"
printf '0,1,2\n1,0,1\n0,0,1\n' >"$work/counted.csv"
said 'counted.csv: the first line counts 0 to 2 and is taken for an example' \
    train uniform --data "$work/counted.csv" --out "$m"

# One value in two spellings, in any column, also where others are always spelled oddly.
for pair in '01 1' '1 +1' '1.0 1' '2 02' '007 7'; do
    read -r one other <<<"$pair"
    printf 'odd,code\n1.0,%s\n2.0,3\n1.0,%s\n' "$one" "$other" >"$work/spelled.csv"
    said "column 'code': [$one]+ and [$other]+ are one value; --columns words keeps them apart" \
        train uniform --data "$work/spelled.csv" --out "$m"
done
run train uniform --data "$work/spelled.csv" --columns words --out "$m" --json >"$work/json" \
    2>"$work/stderr"
! grep -q 'one value' "$work/stderr" || fail 'words are kept apart'
printf '1,01\n2,3\n1,1\n' >"$work/bare.csv"
said 'column 2: 01 and 1 are one value; with a first line that names the columns --columns' \
    train uniform --data "$work/bare.csv" --out "$m"
printf 'a,b\n01,1.0\n02,2.0\n01,"1.0"\n' >"$work/alike.csv"
run train uniform --data "$work/alike.csv" --out "$m" 2>"$work/stderr" >/dev/null
! grep -q 'one value' "$work/stderr" || fail "each is spelled alike: $(cat "$work/stderr")"

# npy DESCR SHAPE: the header of an array
npy() {
    printf '\223NUMPY\1\0\166\0%-117s\n' "{'descr': '$1', 'fortran_order': False, 'shape': $2, }"
}
{ npy '|u1' '(2, 1, 5, 6)'; head -c 60 /dev/zero | tr '\0' '\7'; } >"$work/first.npy"
said 'first.npy: axes \(examples, 1 channels, 5, 6\) are taken as \(examples, 5, 6, 1 channels\)' \
    train uniform --data "$work/first.npy" --out "$m"
said 'alphabet of 256, though the largest value is 7.* --alphabet 8' \
    train uniform --data "$work/first.npy" --out "$m"
run train uniform --data "$work/first.npy" --alphabet 8 --out "$m" 2>"$work/stderr" >/dev/null
grep -q 'alphabet' "$work/stderr" && fail "a note of an alphabet that was given"
expect_status 1 'would be mixed up' train uniform --data "$work/first.npy" --shape 6x5x1 \
    --out "$m"
finish
