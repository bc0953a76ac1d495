#!/usr/bin/env bash
# Training throughput against PyTorch at its best, in turn, in one run:
#   bench/train.sh [ROUNDS] [SECONDS] [NETWORK ...]
# Prints, for each network, the median step of each round and the ratio of the best rounds. Both use
# two threads.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-3}
seconds=${2:-4}
networks=("${@:3}")
[[ ${#networks[@]} -gt 0 ]] || networks=(made-500 made-8000-8000 pixelcnn pixelcnn-narrow lstm)
bench=${BENCH:-build/bench/bench_train}
. bench/peers.sh
[[ -x $bench ]] || cmake --build build --target bench_train >/dev/null
log=$(mktemp)
trap 'rm -f "$log"' EXIT

for network in "${networks[@]}"; do
    : >"$log"
    for ((round = 0; round < rounds; round++)); do
        "$bench" "$network" "$seconds" | tee -a "$log"
        peers train "$network" "$seconds" | tee -a "$log"
    done
    ours=$(grep '^likely' "$log" | greatest examples/s)
    theirs=$({ grep '^pytorch' "$log" || true; } | greatest examples/s)
    awk -v a="$ours" -v b="$theirs" -v n="$network" \
        'BEGIN { if (b > 0)
            printf "== training %s: %.1f / %.1f examples/s = %.2f times PyTorch\n", n, a, b, a / b
        }'
done
