# No line of the project has more than 100 characters; and the tool that says so finds one that has.
. "$(dirname "$0")/lib.sh"
command -v git >/dev/null && [[ -e $LIKELY_SOURCE/.git ]] || exit 77 # skipped: no checkout of git
check=$LIKELY_SOURCE/tools/check_columns.sh

# wide COUNT TEXT: a line of so many copies of TEXT
wide() { printf "$2%.0s" $(seq "$1") && echo; }

unset "${!GIT_@}" # of a hook that runs the tests
tree=$work/tree
mkdir -p "$tree/fuzz/corpus" "$tree/docs"
git -C "$tree" init -q
"$check" "$tree" >"$work/log" 2>&1 && fail "an empty checkout is good: $(cat "$work/log")"
{ wide 100 a; wide 100 é; } >"$tree/docs/narrow.md"
wide 300 a >"$tree/fuzz/corpus/seed"
printf '\0%300d\n' 7 >"$tree/binary"
wide 101 a >"$tree/untracked"
git -C "$tree" add docs fuzz binary
"$check" "$tree" >"$work/log" 2>&1 || fail "100 characters are too many: $(cat "$work/log")"
{ echo; wide 101 é; wide 101 :; } >"$tree/docs/a wide one.md"
git -C "$tree" add docs
"$check" "$tree" >"$work/log" 2>"$work/stderr" &&
    fail "101 characters are not found"
for line in 2 3; do
    grep -q "^docs/a wide one.md:$line: 101 characters" "$work/log" ||
        fail "line $line is not named: $(cat "$work/log")"
done
[[ $(wc -l <"$work/log") -eq 2 ]] || fail "two lines expected: $(cat "$work/log")"
checks=$((checks + 5))

"$check" >"$work/log" 2>&1 || fail "$(tail -20 "$work/log")"
checks=$((checks + 1))
finish
