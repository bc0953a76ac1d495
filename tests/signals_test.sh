# What signals do to a training: it writes what it has and ends as by that signal; two trainings of
# one output exclude each other.
. "$(dirname "$0")/lib.sh"
set -m # else what runs in the background would ignore SIGINT
make_rows 2000 64 1 >"$work/rows.txt"
out=$work/out
mkdir "$out"

# start LINE ARGUMENTS...: in the background, until standard error has such a line
start() {
    local line=$1
    shift
    : >"$work/said"
    "${likely[@]}" "$@" >"$work/result" 2>"$work/said" &
    pid=$!
    for ((i = 0; i < 1200; i++)); do
        grep -qE "$line" "$work/said" && return
        kill -0 $pid 2>/dev/null || break
        sleep 0.05
    done
    fail "likely $*: no /$line/: $(cat "$work/said")"
}

# ends SIGNAL STATUS PATTERN: it is sent the signal and ends so, with that last line
ends() {
    local status=0
    kill -"$1" $pid
    wait $pid || status=$?
    [[ $status -eq $2 ]] || fail "$1: status $status, expected $2: $(cat "$work/said")"
    tail -1 "$work/said" | grep -qE "$3" || fail "$1: expected /$3/: $(cat "$work/said")"
    [[ -z $(find "$out" -name '*.tmp-*') ]] || fail "$1 left $(find "$out" -name '*.tmp-*')"
    checks=$((checks + 1))
}
made=(train made --data "$work/rows.txt" --set hidden=60)

for signal in INT TERM HUP; do
    start 'epoch 2' "${made[@]}" --out "$out/made" --epochs 100000
    ends $signal $((128 + $(kill -l $signal))) 'made.checkpoint$'
    run info "$out/made" >/dev/null
    rm "$out/made" "$out/made.checkpoint"
done

# The best so far of a mixture is a model, also of its first short runs.
mixture=(train bernoulli-mixture --data "$work/rows.txt" --out "$out/mixture" --epochs 1000000
    --set components=20 --set patience=1000000)
for iteration in 20 400; do
    start "iteration $iteration " "${mixture[@]}" --set short_iterations=30 --set starts=5
    ends INT 130 'best so far is written'
    run eval "$out/mixture" --data "$work/rows.txt" >"$work/result"
    grep -qE '^NLL [1-3][0-9]\.' "$work/result" || fail "no mixture: $(cat "$work/result")"
    rm "$out/mixture"
done

# What stands in a pipe cannot be gone on from.
mkfifo "$work/pipe"
cat "$work/pipe" >"$work/piped" &
reader=$!
start 'epoch 2' "${made[@]}" --out "$work/pipe" --epochs 100000
ends TERM 143 'nothing was written'
kill $reader # the pipe was never opened
wait $reader 2>/dev/null || true
[[ ! -s $work/piped && ! -e $work/pipe.checkpoint ]] || fail "an interrupted training to a pipe"

# Two of one output, under whatever name; when the first is killed another may go on.
start 'epoch 2' "${made[@]}" --out "$out/made" --epochs 100000 --checkpoint-seconds 0
ln -s made "$out/link"
expect_status 1 "process $pid is working on it" "${made[@]}" --out "$out/made" --epochs 1 --quiet
expect_status 1 "process $pid is working on it" "${made[@]}" --out "$out/link" --epochs 1 --quiet
kill -KILL $pid
wait $pid 2>/dev/null || true
run "${made[@]}" --out "$out/made" --epochs 1 --quiet >/dev/null
[[ -z $(find "$out" -name '*.tmp-*') ]] || fail "left: $(find "$out" -name '*.tmp-*')"
checks=$((checks + 1))

# What nohup ignores stays ignored.
(
    trap '' HUP
    exec "${likely[@]}" "${made[@]}" --out "$out/nohup" --epochs 3 >/dev/null 2>"$work/said"
) &
pid=$!
for ((i = 0; i < 1200; i++)); do
    grep -q 'epoch 1' "$work/said" && break
    sleep 0.05
done
kill -HUP $pid 2>/dev/null || true
wait $pid || fail "an ignored SIGHUP ended a training: $(cat "$work/said")"
checks=$((checks + 1))
finish
