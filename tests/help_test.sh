# What the command says of itself: help, manual pages, completion; all from the same tables.
. "$(dirname "$0")/lib.sh"

# options VERB: the names in its help
options() { run "$1" --help | sed -nE 's/^  --([a-z-]+).*/\1/p'; }

run --help >"$work/overview"
verbs=$(sed -nE 's/^  ([a-z]+) +[a-z].*/\1/p' "$work/overview" | head -10)
[[ $(wc -w <<<"$verbs") -eq 10 ]] || fail "ten verbs expected: $verbs"
for verb in $verbs; do
    run "$verb" --help >"$work/help"
    expect_same "$work/help" <(run help "$verb") "likely help $verb"
    [[ $(LC_ALL=C.UTF-8 awk 'length > 100' "$work/help") == "" ]] ||
        fail "lines of more than 100 characters: $(awk 'length > 100' "$work/help")"
    grep -qx 'examples:' "$work/help" || fail "$verb: no examples on a line of their own"
done
[[ $(LC_ALL=C.UTF-8 awk 'length > 100' "$work/overview") == "" ]] || fail "a wide overview"
expect_status 2 'no verb frobnicate' help frobnicate

# The settings of a family, in the help of train and in models, each with its place in the paper.
run train made --help >"$work/help"
run models made >"$work/models"
run models --json >"$work/models.json"
for key in hidden activation direct masks order_agnostic degrees; do
    for file in help models; do
        grep -A3 -- "--set $key=" "$work/$file" | grep -q -- '-> section' ||
            fail "$file: $key, without its section"
    done
done
grep -q '^pixelcnn' "$work/models" && fail "likely models made lists others"
expect_status 1 'no model family mode; there are' models mode
run models >"$work/models"
for family in $(sed -nE 's/^([a-z0-9-]+): .*/\1/p' "$work/models"); do
    run train "$family" --help >"$work/help"
    grep -q "^$family: " "$work/help" || fail "train $family --help"
done
checks=$((checks + 20))

# Manual pages: one a verb, with all its options; without a complaint of the formatter.
mkdir "$work/manual"
run manual "$work/manual"
plain() { sed -E 's/\\&//g; s/\\f.//g; s/\\-/-/g' "$1"; }
for verb in $verbs; do
    plain "$work/manual/likely-$verb.1" >"$work/page"
    for option in $(options "$verb"); do
        grep -qE -- "^--$option( |\$)" "$work/page" || fail "likely-$verb(1): no --$option"
    done
    grep -q "^.BR likely.-$verb" "$work/manual/likely.1" || fail "likely(1): no $verb"
done
[[ $(ls "$work/manual" | wc -l) -eq 12 ]] || fail "files: $(ls "$work/manual")"
for page in "$work/manual"/*.1; do
    if command -v mandoc >/dev/null; then
        mandoc -Tlint -W warning "$page" >"$work/lint" || fail "$(cat "$work/lint")"
    elif command -v groff >/dev/null; then
        groff -man -Tutf8 -ww "$page" 2>"$work/lint" >/dev/null
        [[ ! -s $work/lint ]] || fail "$(cat "$work/lint")"
    fi
    checks=$((checks + 1))
done

# Completion: sourced, and asked as bash asks it.
cat >"$work/complete.sh" <<'SCRIPT'
. "$1/manual/likely.bash"
cd "$1/files" || exit
COMP_LINE=$2 COMP_POINT=${#2} COMPREPLY=()
_likely
printf '%s\n' "${COMPREPLY[@]}" | sort
SCRIPT
mkdir "$work/files"
touch "$work/files/digits.likely" "$work/files/digits.amat" "$work/files/with a blank"
# expect_completion LINE WORDS...: these, and no others
expect_completion() {
    bash "$work/complete.sh" "$work" "$1" >"$work/got" 2>"$work/stderr"
    [[ ! -s $work/stderr ]] || fail "completion of \"$1\": $(cat "$work/stderr")"
    local line=$1
    shift
    expect_same <(printf '%s\n' "$@" | sort) "$work/got" "completion of \"$line\""
}
expect_completion 'likely tr' train
expect_completion 'likely ' $verbs help --help --version
expect_completion 'likely help sc' score
expect_completion 'likely train ma' made
expect_completion 'likely models pixel' pixelcnn pixelcnn++ pixelrnn pixelsnail
expect_completion 'likely train made --optimizer ad' adagrad adam adamw
expect_completion 'likely train made --optimizer=ad' adagrad adam adamw
expect_completion 'likely train made --binarize ' sample threshold
expect_completion 'likely train made --order r' random: reversed
expect_completion 'likely train made --order z' zigzag
expect_completion 'likely train made --set mask' mask_seed= masks=
expect_completion 'likely train made --set activation=s' sigmoid softplus
expect_completion 'likely train charrnn --set cell=' '' gru lstm tanh
expect_completion 'likely train made --mom' --momentum
expect_completion 'likely eval dig' digits.amat digits.likely
expect_completion 'likely eval digits.likely --data with' 'with a blank'
expect_completion 'likely sample m --count '  ''
for verb in $verbs; do
    # shellcheck disable=SC2046
    expect_completion "likely $verb --" $(options "$verb" | sed 's/^/--/')
done
finish
