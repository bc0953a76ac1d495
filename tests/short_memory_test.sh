# The command with one allocation failing, here and there: it tells that there was no memory, or
# ends as if nothing had happened; nothing aborts, and no file is called damaged. (base/sweep.h goes
# through every place in the library.)
. "$(dirname "$0")/lib.sh"
[[ ${#likely[@]} -eq 1 ]] && command -v cc >/dev/null || exit 77 # an emulator, or no compiler
[[ $(nm -D "${likely[0]}" 2>/dev/null | grep -c '__[amt]san_init') -eq 0 ]] ||
    exit 77 # allocators of their own
cc -O1 -shared -fPIC -D_GNU_SOURCE "$LIKELY_SOURCE/tests/short_memory.c" -o "$work/short.so" -ldl ||
    exit 77
make_rows 40 16 1 >"$work/rows.txt"
run train made --data "$work/rows.txt" --shape 4x4x1 --set hidden=4 --epochs 2 --out "$work/m" \
    --quiet >/dev/null
run train histogram --data "$work/rows.txt" --set joint=no --out "$work/h" --quiet >/dev/null
run compress "$work/m" --data "$work/rows.txt" --out "$work/c" >/dev/null

for _ in $(seq 20); do printf abb; done >"$work/text"
printf '0 1 2 0 1 2 0 1 2 0\n' >"$work/slow"
run train charrnn --data "$work/text" --text bytes --local "$work/slow" --local-every 6 \
    --set width=4 --set layers=1 --epochs 1 --window 12 --out "$work/t" --quiet >/dev/null

PLACES=40 # of each
short() { LD_PRELOAD=$work/short.so "${likely[@]}" "$@" --threads 1; }
# expect_told ARGUMENTS...: with each of some allocations failing
expect_told() {
    local count at step got
    count=$(FAIL_COUNT=9 short "$@" 9>&1 >"$work/whole" 2>"$work/stderr" | tail -1)
    [[ $count -gt 10 ]] || fail "likely $*: $count allocations: $(cat "$work/stderr")"
    step=$((count / PLACES + 1))
    for ((at = 1 + count % step; at <= count; at += step)); do
        got=0
        FAIL_AT=$at short "$@" >"$work/stdout" 2>"$work/stderr" || got=$?
        case $got in
        0) expect_same "$work/whole" "$work/stdout" "likely $*: allocation $at fails" ;;
        1) grep -qi memory "$work/stderr" || fail "likely $*: $at: $(cat "$work/stderr")" ;;
        *) fail "likely $*: allocation $at: status $got: $(cat "$work/stderr")" ;;
        esac
        checks=$((checks + 1))
    done
}
expect_told info "$work/m"
expect_told info "$work/m" --json
expect_told info "$work/m" --field 2,2
expect_told info "$work/c" --json
expect_told eval "$work/m" "$work/h" --data "$work/rows.txt" --json
expect_told score "$work/m" --data "$work/rows.txt" --json
expect_told decompress "$work/m" --data "$work/c" --out "$work/o.txt"
expect_told eval "$work/t" --data "$work/text" --local "$work/slow" --json
expect_told sample "$work/t" --local "$work/slow"
expect_told models made --json
finish
