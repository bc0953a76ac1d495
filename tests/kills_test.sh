# Kills at random moments: KILL, INT, TERM and HUP over train, compress, decompress, sample and
# score. An output is what it was before or what it is to be, never a part; what can be caught
# leaves no temporary; what a kill -9 leaves, the next run of the same output removes; a training
# that is resumed again and again ends in the weights of one that never was killed.
#
# LIKELY_KILLS (12) is how many, LIKELY_KILLS_SEED (1) draws which and when.
. "$(dirname "$0")/lib.sh"
kills=${LIKELY_KILLS:-12}
RANDOM=${LIKELY_KILLS_SEED:-1}
set -m # else what runs in the background would ignore SIGINT
verbs=(train compress decompress sample score)
signals=(KILL INT TERM HUP)
now() { date +%s%N; }

# ---- what is run ---------------------------------------------------------------------------------
make_rows 2000 64 1 >"$work/rows.txt"
make_rows 200 64 2 >"$work/valid.txt"
awk 'BEGIN { srand(3); for (i = 0; i < 900; i++) { line = "line " i ":"
    for (k = 0; k < 9; k++) line = line " " int(rand() * 1000); print line } }' >"$work/text.txt"
mkdir "$work/texts" "$work/out"
split -l 150 "$work/text.txt" "$work/texts/part-"
run train charrnn --data "$work/text.txt" --text bytes --out "$work/model" --set width=24 \
    --set layers=1 --epochs 1 --batch-size 8 --quiet >/dev/null
run compress "$work/model" --data "$work/text.txt" --out "$work/text.lk" >/dev/null
out=$work/out
train=(train made --data "$work/rows.txt" --valid "$work/valid.txt" --out "$out/train"
    --set hidden=60 --epochs 10 --seed 3 --checkpoint-seconds 0 --json)
compress=(compress "$work/model" --data "$work/texts" --out "$out/compress")
decompress=(decompress "$work/model" --data "$work/text.lk" --out "$out/decompress")
sample=(sample "$work/model" --length 20000 --out "$out/sample")
score=(score "$work/model" --data "$work/text.txt" --out "$out/score" --map "$out/score.html")

# What each verb makes when it is let, and how long that takes.
declare -A nanoseconds
mkdir "$work/right"
for verb in "${verbs[@]}"; do
    declare -n words=$verb
    began=$(now)
    run "${words[@]}" --threads 2 >"$work/log-$verb" 2>/dev/null
    nanoseconds[$verb]=$(($(now) - began))
    mv "$out"/* "$work/right"
done
fingerprint=$(json "$work/log-train" fingerprint)

# ---- what must hold ------------------------------------------------------------------------------
# check_output NAME WHAT: nothing, what stood there before, or all of it
check_output() {
    [[ ! -e $out/$1 ]] || cmp -s "$out/$1" <(echo before) || cmp -s "$out/$1" "$work/right/$1" ||
        fail "$2: a part of $1"
}

check_trained() { # LOG WHAT
    [[ $(json "$1" fingerprint) == "$fingerprint" ]] || fail "$2: other weights"
    rm -f "$out/train" "$out/train.checkpoint"
    trained=$((trained + 1))
}

# check_ended VERB SIGNAL STATUS WHAT, of process $pid
check_ended() {
    local expected=$((128 + $(kill -l "$2"))) left
    left=$(find "$out" -name "*.tmp-$pid" -o -name "*.tmp-$pid-*")
    [[ ! -e $out/train.tmp-lock || $(cat "$out/train.tmp-lock") != "$pid" ]] || left+=" a lock"
    if [[ $3 -eq 0 ]]; then
        late=$((late + 1))
    elif [[ $3 -eq $expected ]]; then
        hit=$((hit + 1))
    else
        fail "$4: status $3, expected $expected: $(cat "$work/stderr")"
    fi
    if [[ $2 != KILL ]]; then
        [[ -z $left ]] || fail "$4: left $left"
    elif [[ -n $left ]]; then
        leaving=$((leaving + 1))
    fi
    if [[ $1 == train ]]; then
        [[ ! -e $out/train ]] || run info "$out/train" >/dev/null || fail "$4: half a model"
    else
        check_output "$1" "$4"
        [[ $1 != score ]] || check_output score.html "$4"
    fi
    checks=$((checks + 1))
}

# ---- kills ---------------------------------------------------------------------------------------
hit=0 late=0 leaving=0 trained=0
for ((i = 0; i < kills; i++)); do
    verb=${verbs[i % 5]} signal=${signals[RANDOM % 4]}
    declare -n words=$verb
    more=()
    if [[ $verb == train ]]; then
        [[ -e $out/train.checkpoint ]] && more=(--resume)
    elif ((RANDOM % 2)); then
        echo before >"$out/$verb"
    else
        rm -f "$out/$verb"
    fi
    "${likely[@]}" "${words[@]}" "${more[@]}" --threads $((RANDOM % 2 + 1)) \
        >"$work/log" 2>"$work/stderr" &
    pid=$!
    moment=$((nanoseconds[$verb] * (RANDOM % 90) / 100))
    sleep "$(printf '%d.%09d' $((moment / 1000000000)) $((moment % 1000000000)))"
    kill -"$signal" $pid 2>/dev/null || true
    status=0
    wait $pid 2>/dev/null || status=$?
    what="kill $((i + 1)): $signal for $verb after $((moment / 1000000)) ms"
    check_ended "$verb" "$signal" "$status" "$what"
    [[ $verb != train || $status -ne 0 ]] || check_trained "$work/log" "$what"
done

# Another run takes away what the last kill -9 left.
for verb in "${verbs[@]}"; do
    declare -n words=$verb
    more=()
    [[ $verb != train || ! -e $out/train.checkpoint ]] || more=(--resume)
    run "${words[@]}" "${more[@]}" >"$work/log" 2>/dev/null
    if [[ $verb == train ]]; then
        check_trained "$work/log" "after $kills kills"
    else
        expect_same "$out/$verb" "$work/right/$verb" "$verb after kills"
    fi
done
expect_same "$out/score.html" "$work/right/score.html" "score after kills"
left=$(find "$out" -name '*.tmp-*')
[[ -z $left ]] || fail "left after all: $left"
echo "$kills kills: $hit hit, $late came when all was done; $leaving of the SIGKILLs left a" \
    "temporary, which the next run removed; $trained trainings, all of the same fingerprint"
finish
