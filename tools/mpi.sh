#!/usr/bin/env bash
# What docs/machines.md shows: fingerprints after 20 steps with 1 to 64 ranks, what ranks send
# beside what the formula says, trainings killed and resumed by other numbers of ranks, and the
# speed of ranks beside that of threads.
#
#   tools/mpi.sh BUILD [fingerprints|traffic|kills|speed|forecast ...]
#
# Of Open MPI and MPICH what BUILD has is used. Data are made up; nothing but a temporary folder is
# written. As root Open MPI is told that it may.
set -euo pipefail
likely=$(realpath "$1/likely")
shift
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
kinds=()
for kind in openmpi mpich; do
    if [[ -e $(dirname "$likely")/likely-$kind.so ]] && command -v "mpirun.$kind" >/dev/null; then
        kinds+=("$kind")
    fi
done

ranks() { # KIND COUNT ARGUMENTS...
    local kind=$1 count=$2 how=()
    shift 2
    [[ $kind == openmpi ]] && how=(--oversubscribe --bind-to none)
    "mpirun.$kind" "${how[@]}" -n "$count" "$likely" "$@"
}
field() { sed -n "s/^ *\"$2\": \"*\([^,\"]*\)\"*,*$/\1/p" "$1" | head -1; }

awk 'BEGIN { srand(1); for (i = 0; i < 1280; i++) { x = 0; line = ""
    for (v = 0; v < 196; v++) { x = rand() < 0.85 ? x : 1 - x; line = line x } print line } }' \
    >"$work/images"
awk 'BEGIN { srand(2); for (i = 0; i < 40960; i++)
    printf "%s", substr("etaoin shrdlu.\n", 1 + int(rand() * rand() * 15), 1) }' >"$work/text"
images=(--data "$work/images" --shape 14x14x1 --batch-size 64 --slices 64 --epochs 1)
text=(--data "$work/text" --window 32 --batch-size 64 --slices 64 --epochs 1)
declare -A family=(
    [made]="made --set hidden=200 ${images[*]}"
    [pixelcnn]="pixelcnn --set blocks=2 --set channels=8 ${images[*]}"
    [lstm]="charrnn --set width=48 --set layers=1 ${text[*]}"
    [transformer]="transformer --set layers=2 --set width=32 --set heads=2 ${text[*]}"
)
names=(made pixelcnn lstm transformer)
words_of() { read -ra words <<<"${family[$1]} --threads 1 --json --valid-fraction 0"; }

fingerprints() {
    local count kind name
    echo "fingerprints after 20 steps of minibatches of 64 in 64 slices:"
    for name in "${names[@]}"; do
        words_of "$name"
        "$likely" train "${words[@]}" --out "$work/$name" >"$work/json" 2>/dev/null
        echo "$name, alone: $(field "$work/json" fingerprint)"
        for kind in "${kinds[@]}"; do
            for count in 2 3 5 8 64; do
                ranks "$kind" "$count" train "${words[@]}" --out "$work/$name.$count" \
                    >"$work/json" 2>"$work/log" || cat "$work/log"
                echo "$name, $count ranks of $kind: $(field "$work/json" fingerprint)"
            done
        done
    done
}

# Bytes that rank 0 sends in a step: 4 N (P - 1) / P for its part of the gradient and as much for
# the sums, 8 bytes to each rank and 8 for each of its examples; and where training stands to its
# children in a tree.
traffic() {
    local count name parameters sent messages
    echo "family, ranks, bytes a step of rank 0: counted, by the formula, ratio; messages"
    for name in "${names[@]}"; do
        for count in 2 4 8; do
            words_of "$name"
            ranks "${kinds[0]}" "$count" train "${words[@]}" --out "$work/t.$name.$count" \
                >"$work/json" 2>/dev/null
            parameters=$(field "$work/json" parameters)
            sent=$(field "$work/json" sent_bytes_per_step)
            messages=$(field "$work/json" sent_messages_per_step)
            awk -v n="$parameters" -v p="$count" -v s="$sent" -v m="$messages" -v f="$name" 'BEGIN {
                children = 0; for (c = 1; c < p; c *= 2) children++
                want = 8 * n * (p - 1) / p + (p - 1) * (8 + 8 * 64 / p) + 152 * children
                printf "%s %d %.0f %.0f %.4f  %.1f (%d)\n", f, p, s, want, s / want, m,
                    2 * (p - 1) + children }'
        done
    done
}

kills() {
    local i count kind want right=0 broken=0
    local words=(train made --set hidden=200 --data "$work/images" --batch-size 64 --slices 64
        --epochs 30 --valid-fraction 0 --threads 1 --json --checkpoint-seconds 0)
    "$likely" "${words[@]}" --out "$work/whole" >"$work/json" 2>/dev/null
    want=$(field "$work/json" fingerprint)
    for ((i = 1; i <= 20; i++)); do
        rm -f "$work/k" "$work/k.checkpoint"
        kind=${kinds[i % ${#kinds[@]}]} count=$((1 + i % 5))
        ranks "$kind" $((1 + (i + 2) % 4)) "${words[@]}" --out "$work/k" >/dev/null 2>&1 &
        until [[ -e $work/k.checkpoint ]]; do sleep 0.02; done
        sleep "$(awk -v i="$i" 'BEGIN { print i * 0.03 }')"
        pkill -KILL -f -- "--out $work/k\$" || true
        wait $! || broken=$((broken + 1))
        ranks "$kind" "$count" "${words[@]}" --out "$work/k" --resume >"$work/json" 2>/dev/null
        if [[ $(field "$work/json" fingerprint) == "$want" ]]; then right=$((right + 1)); fi
    done
    echo "killed in the midst: $broken of 20; resumed by other numbers of ranks: $right of 20" \
        "with the weights of a training that nobody stopped"
}

# Examples a second of one process with two threads and of two ranks with one, in turn.
speed() {
    local round
    words=(train pixelcnn --data "$work/images" --shape 14x14x1 --set blocks=7 --set channels=64
        --batch-size 32 --slices 2 --epochs 1 --valid-fraction 0)
    rate() { sed -n 's/.* \([0-9.]*\) examples\/s.*/\1/p' "$1" | tail -1; }
    for round in 1 2 3; do
        "$likely" "${words[@]}" --threads 2 --out "$work/s1" >/dev/null 2>"$work/one"
        ranks "${kinds[0]}" 2 "${words[@]}" --threads 1 --out "$work/s2" >/dev/null 2>"$work/two"
        echo "round $round, examples/s: 1 x 2 threads $(rate "$work/one")," \
            "2 ranks x 1 $(rate "$work/two")"
    done
}

# A step of P hosts that each run a minibatch of their own, as long as one host needs for it (the
# steps of docs/results.md, two cores), and what travels: 8 N (P - 1) / P bytes each way at the
# network's speed, and 2 (P - 1) messages at 20 microseconds (10 Gbit/s) or 5 (100 Gbit/s) each,
# which is assumed. Nothing overlaps.
forecast() {
    printf '%s\n' "LSTM 2x512 batch 32|3318849|237" "PixelCNN h64 batch 32|279681|120" \
        "MADE 784-500-784 batch 100|785284|0.79" "MADE 784-8000-8000-784 batch 100|76560784|176" |
        awk -F'|' 'BEGIN { print "model, hosts: ms a step at 10 and 100 Gbit/s (that compute)" }
            { for (p = 8; p <= 512; p *= 8) {
                  b = 8 * $2 * (p - 1) / p
                  slow = $3 + b * 8 / 10e9 * 1e3 + 2 * (p - 1) * 0.020
                  fast = $3 + b * 8 / 100e9 * 1e3 + 2 * (p - 1) * 0.005
                  printf "%s, %d: %.1f (%.0f %%), %.1f (%.0f %%)\n", $1, p, slow, 100 * $3 / slow,
                      fast, 100 * $3 / fast } }'
}

[[ $# -gt 0 ]] || set -- fingerprints traffic kills speed forecast
for what in "$@"; do "$what"; done
