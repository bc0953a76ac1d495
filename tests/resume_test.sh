# A run that is killed without warning and resumed, again and again, ends in the weights of one that
# was not; so do runs with 1, 2 and 7 threads, in one slice or in five.
. "$(dirname "$0")/lib.sh"
make_rows 3000 64 1 >"$work/train.txt"
make_rows 300 64 2 >"$work/valid.txt"
train() { # OUT ARGUMENTS...
    local out=$1
    shift
    run train made --data "$work/train.txt" --valid "$work/valid.txt" --out "$out" --set hidden=80 \
        --set dropout=0.3 --epochs 12 --schedule cosine --clip 1 --seed 3 --checkpoint-seconds 0 \
        --json "$@" 2>/dev/null
}
counts=(1 7 2)
for threads in "${counts[@]:0:$(most 2)}"; do
    train "$work/t$threads" --threads $threads >"$work/log$threads"
    [[ $(json "$work/log$threads" fingerprint) == "$(json "$work/log1" fingerprint)" ]] ||
        fail "$threads threads: other weights"
    checks=$((checks + 1))
done
for threads in "${counts[@]:0:$(most 2)}"; do
    train "$work/s$threads" --threads $threads --slices 5 >"$work/slices$threads"
    [[ $(json "$work/slices$threads" fingerprint) == "$(json "$work/slices1" fingerprint)" ]] ||
        fail "$threads threads, 5 slices: other weights"
    checks=$((checks + 1))
done
grep -q '"slices": 5' "$work/slices7" || fail "no slices: $(cat "$work/slices7")"
expect_status 1 'slices was 5 when this .* and is 4 now' train made --data "$work/train.txt" \
    --valid "$work/valid.txt" --out "$work/s7" --set hidden=80 --set dropout=0.3 --epochs 12 \
    --schedule cosine --clip 1 --seed 3 --slices 4 --resume --quiet
expect_status 1 '101 slices of minibatches of 100' train made --data "$work/train.txt" \
    --out "$work/no" --batch-size 100 --slices 101 --quiet
RANDOM=7
kills=0
attempts=(1 2 3 4 5 6)
for attempt in "${attempts[@]:0:$(most 3)}"; do
    resume=()
    [[ -e $work/killed.checkpoint ]] && resume=(--resume)
    train "$work/killed" --threads $((attempt % 3 + 1)) "${resume[@]}" >"$work/log-killed" &
    pid=$!
    sleep "0.$((RANDOM % 35 + 10))"
    if kill -KILL $pid 2>/dev/null; then
        kills=$((kills + 1))
    fi
    wait $pid 2>/dev/null || true
    pkill -KILL -f "$work/killed" 2>/dev/null || true
done
[[ $kills -gt 0 ]] || fail "nothing was killed in time"
[[ -e $work/killed.checkpoint ]] && train "$work/killed" --resume >"$work/log-killed" ||
    train "$work/killed" >"$work/log-killed"
[[ $(json "$work/log-killed" fingerprint) == "$(json "$work/log1" fingerprint)" ]] ||
    fail "after $kills kills: other weights"
checks=$((checks + 1))
# A killed process cannot tidy up; its next run does not read what it left.
! ls "$work" | grep -q '\.tmp' || true
expect_status 1 'batch' train made --data "$work/train.txt" --valid "$work/valid.txt" \
    --out "$work/killed" --set hidden=80 --set dropout=0.3 --epochs 12 --schedule cosine --clip 1 \
    --seed 3 --batch-size 50 --resume --quiet
finish
