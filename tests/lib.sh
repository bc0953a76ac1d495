# For the tests of the command: a scratch folder, small data, and words to say what is expected.
# $LIKELY may hold an emulator and a path.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
read -r -a likely <<<"$LIKELY"
checks=0

run() { "${likely[@]}" "$@"; }

# most COUNT: how many of a list are tried: all, or COUNT where the command runs some ten times
# slower, under sanitizers
most() { [[ -n ${LIKELY_SLOW-} ]] && echo "$1" || echo 99; }

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# expect_same FILE FILE WHAT
expect_same() {
    cmp "$1" "$2" || fail "$3"
    checks=$((checks + 1))
}

# expect_advice VERB: what standard error says names no options but those that the verb has, or that
# it says are of another ("likely train --from")
declare -A options_of=()
expect_advice() {
    local option
    grep -qE 'no (verb|option) ' "$work/stderr" && return
    [[ -n ${options_of[$1]-} ]] || options_of[$1]=$(run "$1" --help | grep -oE '^  --[a-z-]+')
    sed -E 's/\(likely [a-z]+ --help\)//; s/likely [a-z]+ --[a-z-]+//g' "$work/stderr" >"$work/said"
    for option in $(grep -oE -- '--[a-z][a-z-]+' "$work/said"); do
        grep -qx -- "  $option" <<<"${options_of[$1]}" ||
            fail "likely $1 has no $option: $(cat "$work/stderr")"
    done
}

# expect_status STATUS PATTERN ARGUMENTS...: the command ends so, with exactly one line on standard
# error that matches
expect_status() {
    local status=$1 pattern=$2 got=0
    shift 2
    run "$@" >"$work/stdout" 2>"$work/stderr" || got=$?
    [[ $got -eq $status ]] ||
        fail "likely $*: exit status $got, expected $status: $(cat "$work/stderr")"
    [[ $(wc -l <"$work/stderr") -eq 1 ]] ||
        fail "likely $*: expected one line, got: $(cat "$work/stderr")"
    grep -qE -- "$pattern" "$work/stderr" ||
        fail "likely $*: expected /$pattern/, got: $(cat "$work/stderr")"
    expect_advice "$1"
    checks=$((checks + 1))
}

# json FILE KEY: the number or string at a key of a flat object
json() {
    sed -n "s/^ *\"$2\": \"\\{0,1\\}\\([^,\"]*\\)\"\\{0,1\\},\\{0,1\\}\$/\\1/p" "$1" | head -1
}

# make_rows COUNT VARIABLES SEED: 0/1 rows in which each variable tends to repeat the one before
make_rows() {
    awk -v n="$1" -v d="$2" -v s="$3" 'BEGIN { srand(s)
        for (i = 0; i < n; i++) { line = ""; x = rand() < 0.5
            for (v = 0; v < d; v++) { x = rand() < 0.85 ? x : 1 - x; line = line x }
            print line } }'
}

# le NUMBER BYTES: little-endian, escapes for printf %b
le() { for ((i = 0; i < $2; i++)); do printf '\\x%02x' $((($1 >> (8 * i)) & 255)); done; }
# write_wav FILE CHANNELS RATE: samples of 16 bits from standard input, one a line
write_wav() {
    local samples bytes
    samples=$(awk '{ x = $1 < 0 ? $1 + 65536 : $1
        printf "\\x%02x\\x%02x", x % 256, int(x / 256) }')
    bytes=$((${#samples} / 4))
    {
        printf 'RIFF'
        printf '%b' "$(le $((36 + bytes)) 4)"
        printf 'WAVEfmt '
        printf '%b' "$(le 16 4)$(le 1 2)$(le "$2" 2)$(le "$3" 4)"
        printf '%b' "$(le $((2 * $2 * $3)) 4)$(le $((2 * $2)) 2)$(le 16 2)"
        printf 'data'
        printf '%b' "$(le "$bytes" 4)"
        printf '%b' "$samples"
    } >"$1"
}

# make_wav FILE CHANNELS FRAMES SEED [RATE]: 16 bits, two tones and a little noise
make_wav() {
    awk -v n=$(($2 * $3)) -v s="$4" 'BEGIN { srand(s)
        for (i = 0; i < n; i++)
            print int(9000 * sin(i * 0.1 + s) + 3000 * sin(i * 0.37) + 500 * (rand() - 0.5)) }' |
        write_wav "$1" "$2" "${5:-8000}"
}

finish() { echo "$checks checks passed"; }
