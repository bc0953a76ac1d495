# The command as several processes of MPI: the same weights, likelihoods, files and samples, to the
# bit, for any number of ranks, by Open MPI and MPICH; data that a rank does not have; ranks that
# fail. What of the two is not installed, or not built in, is left out.
. "$(dirname "$0")/lib.sh"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export ASAN_OPTIONS=detect_leaks=0 # of MPI's own
folder=$(dirname "${likely[-1]}")
kinds=()
for kind in openmpi mpich; do
    [[ -e $folder/likely-$kind.so && -n $(command -v mpirun.$kind) ]] && kinds+=("$kind")
done
[[ ${#kinds[@]} -gt 0 && ${#likely[@]} -eq 1 ]] || exit 77

launch() { # KIND ARGUMENTS OF MPIRUN...
    local kind=$1 how=()
    shift
    [[ $kind == openmpi ]] && how=(--oversubscribe --mca btl self,vader)
    timeout 300 "mpirun.$kind" "${how[@]}" "$@"
}
ranks() { # KIND COUNT ARGUMENTS...
    launch "$1" -n "$2" "${likely[@]}" "${@:3}"
}
counts=(3 2)
all() { # COMMAND...: with every kind and several counts, as `kind`, `count` and `own`
    for kind in "${kinds[@]}"; do
        for count in "${counts[@]:0:$(most 1)}"; do
            own=$work/$kind$count
            "$@"
        done
    done
}

LIKELY_MPI=OpenMPI expect_status 1 "LIKELY_MPI is 'OpenMPI', not openmpi, mpich or none" models
make_rows 210 36 1 >"$work/train.txt"
make_rows 50 36 2 >"$work/valid.txt"
make_rows 53 36 3 >"$work/test.txt"
make_text() { # BYTES SEED
    awk -v n="$1" -v s="$2" 'BEGIN { srand(s); for (i = 0; i < n; i++)
        printf "%s", substr("abcde fgh.\n", 1 + int(rand() * rand() * 11), 1) }'
}
make_text 6000 1 >"$work/text.txt"
mkdir "$work/texts"
for i in 1 2 3 4 5; do make_text $((200 * i)) $i >"$work/texts/$i.txt"; done

# ---- training ------------------------------------------------------------------------------------

images=(--data "$work/train.txt" --valid "$work/valid.txt" --shape 6x6x1)
text=(--data "$work/text.txt" --window 32)
declare -A family=(
    [made]="made --set hidden=20 ${images[*]} --batch-size 30 --slices 5"
    [pixelcnn]="pixelcnn --set blocks=1 --set channels=4 ${images[*]} --batch-size 30 --slices 8"
    [charrnn]="charrnn --set width=12 --set layers=1 ${text[*]} --batch-size 6 --slices 3"
    [transformer]="transformer --set layers=1 --set width=8 --set heads=2 ${text[*]} --batch-size 6"
    [eonade]="eonade --set hidden=16 ${images[*]} --batch-size 30 --slices 4 --set dropout=0.2"
)
fingerprint() { sed -n 's/.*fingerprint \([0-9a-f]*\).*/\1/p' "$1"; }
train() {
    read -ra words <<<"${family[$name]}"
    ranks "$kind" "$count" train "${words[@]}" --epochs 2 --ema 0.9 --threads 1 --quiet \
        --out "$own.$name" >"$own.$name.said"
    [[ $(fingerprint "$own.$name.said") == $(fingerprint "$work/$name.said") ]] ||
        fail "$name by $count ranks of $kind: other weights"
    checks=$((checks + 1))
}
for name in made pixelcnn charrnn transformer eonade; do
    read -ra words <<<"${family[$name]}"
    run train "${words[@]}" --epochs 2 --ema 0.9 --threads 1 --quiet --out "$work/$name" \
        >"$work/$name.said"
    [[ -n $(fingerprint "$work/$name.said") ]] || fail "no fingerprint: $(cat "$work/$name.said")"
    all train
done

# ---- everything else -----------------------------------------------------------------------------

# NAME ARGUMENTS...: what is printed, and what is written as OUT
alone() {
    local name=$1
    shift
    run "${@//OUT/$work/alone.$name}" --threads 1 >"$work/alone.$name.said" 2>/dev/null
}
together() {
    local name=$1
    shift
    ranks "$kind" "$count" "${@//OUT/$own.$name}" --threads 1 >"$own.$name.said" 2>/dev/null
    [[ ! -f $work/alone.$name ]] || expect_same "$work/alone.$name" "$own.$name" \
        "$name by $count ranks of $kind"
    expect_same <(grep -vE ' s,|second' "$work/alone.$name.said") \
        <(sed "s#$own#$work/alone#g" "$own.$name.said" | grep -vE ' s,|second') \
        "$name by $count ranks of $kind says something else"
}
both() {
    alone "$@"
    all together "$@"
}
test=(--data "$work/test.txt")
both eval.csv eval "$work/made" "${test[@]}" --out OUT --json --batch-size 5
both eval-text eval "$work/charrnn" --data "$work/texts" --json
both adapt eval "$work/charrnn" --data "$work/texts" --json --adapt 0.001
both score.csv score "$work/made" "${test[@]}" --out OUT
both images.lk compress "$work/pixelcnn" "${test[@]}" --chunk-examples 7 --out OUT --json
both texts.lk compress "$work/charrnn" --data "$work/texts" --chunk-symbols 300 --out OUT --json
both images.amat decompress "$work/pixelcnn" --data "$work/alone.images.lk" --out OUT
both texts decompress "$work/charrnn" --data "$work/alone.texts.lk" --out OUT/
both samples.amat sample "$work/pixelcnn" --count 11 --out OUT
both sample-text sample "$work/charrnn" --length 40 --seed 3
both info info "$work/made"
for own in "$work"/*.texts/; do
    diff -r "$work/texts" "$own" || fail "texts restored otherwise: $own"
    checks=$((checks + 1))
done

# ---- a training that is broken off goes on with another number of ranks --------------------------

for kind in "${kinds[@]}"; do
    for name in made charrnn; do
        own=$work/$kind.again.$name
        read -ra words <<<"${family[$name]}"
        ranks "$kind" 3 train "${words[@]}" --epochs 1 --ema 0.9 --threads 1 --quiet --out "$own" \
            >/dev/null
        ranks "$kind" 2 train "${words[@]}" --epochs 2 --ema 0.9 --threads 1 --quiet --out "$own" \
            --resume >"$own.said"
        [[ $(fingerprint "$own.said") == $(fingerprint "$work/$name.said") ]] ||
            fail "$name resumed by other ranks of $kind: other weights"
        checks=$((checks + 1))
    done
done

# ---- faults: one line of ours, which names what is wrong, status 1, no output --------------------

expect_line() { # STATUS PATTERN ARGUMENTS...
    local status=$1 pattern=$2 got=0
    shift 2
    ranks "$kind" "$count" "$@" >"$own.out" 2>"$own.err" || got=$?
    [[ $got -eq $status ]] || fail "$kind, $*: status $got: $(cat "$own.err")"
    [[ $(grep -c '^likely' "$own.err") -eq 1 ]] || fail "$kind, $*: lines: $(cat "$own.err")"
    grep -qE "^likely.*$pattern" "$own.err" || fail "$kind, $*: $(cat "$own.err")"
    checks=$((checks + 1))
}
faults() {
    expect_line 1 'none.txt' eval "$work/made" --data "$work/none.txt"
    expect_line 2 'no option --nothing' eval "$work/made" --nothing
    expect_line 1 'cannot' train made "${images[@]}" --epochs 1 --out "$work/no/folder/m"
}
all faults

# Ranks of different options: a seed, a verb.
for kind in "${kinds[@]}"; do
    own=$work/$kind
    made=(train made "${images[@]}" --epochs 1 --threads 1 --quiet --out "$own.m")
    for other in "${made[*]} --seed 2" "info $work/made"; do
        read -ra words <<<"$other"
        ! launch "$kind" -n 1 "${likely[@]}" "${made[@]}" : \
            -n 1 "${likely[@]}" "${words[@]}" >"$own.out" 2>"$own.err" || fail "$kind: $other"
        grep -q '^likely: rank 1 was started with another verb' "$own.err" ||
            fail "$kind, $other: $(cat "$own.err")"
        [[ ! -e $own.m ]] || fail "$kind, $other: a file was left"
        checks=$((checks + 1))
    done
done

# A rank that is stopped is told by its number, long before the training would have ended.
kind=${kinds[0]} count=3 own=$work/stopped got=0
LIKELY_MPI_SILENCE=3 ranks "$kind" 3 train made "${images[@]}" --set hidden=400 --epochs 100000 \
    --patience 0 --threads 1 --quiet --out "$own" >"$own.out" 2>"$own.err" &
job=$!
victim=
for ((i = 0; i < 200 && ${#victim} == 0; i++)); do
    sleep 0.1
    if [[ -e $own.checkpoint ]] || ((i > 40)); then
        victim=$(pgrep -f -- "--out $own\$" | while read -r pid; do
            tr '\0' '\n' <"/proc/$pid/environ" 2>/dev/null |
                grep -qE '^(OMPI_COMM_WORLD_RANK|PMI_RANK)=2$' && echo "$pid"
        done | head -1) || true
    fi
done
[[ -n $victim ]] || fail "no rank 2 of $kind is running: $(cat "$own.err")"
kill -STOP "$victim"
wait "$job" || got=$?
kill -KILL "$victim" 2>/dev/null || true
[[ $got -ne 0 ]] || fail "a stopped rank was not noticed"
grep -qE '^likely: .*rank 2 .*silent' "$own.err" || fail "stopped rank: $(cat "$own.err")"
checks=$((checks + 1))
finish
