# Whatever an option is advised in below the command goes through lk_advice or lk_advice_or, which
# know whether the verb has it, and that a program has none: looked for in the code itself.
. "$(dirname "$0")/lib.sh"

# Left out: tables whose words go through lk_advice where they are used (foreign.c, accepts.c) and
# notes on data that only the command reads and shows (picture.h, take.c).
cd "$LIKELY_SOURCE/src"
find . -name '*.[ch]' ! -path './cli/*' ! -name '*_test.c' ! -name 'testing*.h' |
    grep -vE '/(foreign\.c|picture\.h)$' | sort >"$work/files"
[[ $(wc -l <"$work/files") -gt 200 ]] || fail "too few files seen"
awk '
    FNR == 1 { statement = "" }
    { statement = statement "\n" $0 }
    /[;{}]$/ {
        if (statement ~ /"[^"\n]*--[a-z]/ && statement !~ /lk_advice/ &&
            statement !~ /\[LK_BINARIZE_NONE\] =|lk_dataset_note/) print FILENAME ": " statement
        statement = ""
    }' $(cat "$work/files") >"$work/wrong"
[[ ! -s $work/wrong ]] || fail "an option is named to whom may have none: $(cat "$work/wrong")"
checks=$((checks + 1))
finish
