#!/usr/bin/env bash
# Sampling speed against PyTorch at its best, in turn, in one run:
#   bench/sample.sh [ROUNDS] [SECONDS] [NETWORK ...]
# Prints, for each network at batches of 1 and 16, the ratio of the best rounds: cached to naive,
# and cached to PyTorch, which is cached too where it can be (an LSTM) and one forward pass for
# every pixel where it cannot. Both use two threads.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-3}
seconds=${2:-3}
networks=("${@:3}")
[[ ${#networks[@]} -gt 0 ]] || networks=(lstm pixelcnn row-lstm diagonal-bilstm conv1d)
bench=${BENCH:-build/bench/bench_sample}
. bench/peers.sh
[[ -x $bench ]] || cmake --build build --target bench_sample >/dev/null
log=$(mktemp)
trap 'rm -f "$log"' EXIT

best() { { grep "^$1" "$log" || true; } | greatest symbols/s; }
for network in "${networks[@]}"; do
    : >"$log"
    for ((round = 0; round < rounds; round++)); do
        "$bench" "$network" "$seconds" | tee -a "$log"
        peers sample "$network" "$seconds" | tee -a "$log"
    done
    for batch in 1 16; do
        awk -v a="$(best "likely  $network, sampling cached, batch $batch:")" \
            -v n="$(best "likely  $network, sampling naive, batch $batch:")" \
            -v b="$(best "pytorch $network, sampling [a-z]*, batch $batch:")" \
            -v name="$network, batch $batch" \
            'BEGIN { printf "== sampling %s: %.0f symbols/s, %.1f times naive", name, a, a / n
                     if (b > 0) printf ", %.2f times PyTorch", a / b
                     print "" }'
    done
done
