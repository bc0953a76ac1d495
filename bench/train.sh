#!/usr/bin/env bash
# Training throughput of MADE against PyTorch at its best, in turn, in one run:  bench/train.sh [ROUNDS] [SECONDS]
# PyTorch (Debian's python3-torch) gets the memory settings that serve it best, and the faster of two thread settings. Prints, for each
# network, the median step of each round and the ratio of the best rounds. Both use two threads. Without PyTorch only ours is shown.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-3}
seconds=${2:-4}
bench=${BENCH:-build/bench/bench_train}
python=${PYTHON:-/usr/bin/python3}
best=(MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 MALLOC_TOP_PAD_=268435456 MALLOC_ARENA_MAX=1
    GLIBC_TUNABLES=glibc.malloc.hugetlb=1)
have_torch=1
"$python" -c 'import torch' 2>/dev/null || have_torch=0
[[ $have_torch -eq 1 ]] || echo "bench/train.sh: no PyTorch here (apt-get install python3-torch): no ratios"
[[ -x $bench ]] || cmake --build build --target bench_train >/dev/null

rate() { sed -n 's/.* \([0-9]*\) examples\/s.*/\1/p'; }
for hidden in ${HIDDEN:-500 8000,8000}; do
    ours=0
    theirs=0
    for ((round = 0; round < rounds; round++)); do
        line=$("$bench" "made-${hidden//,/-}" "$seconds")
        echo "$line"
        now=$(rate <<<"$line")
        ours=$((now > ours ? now : ours))
        for setting in GOMP_SPINCOUNT=2000 OPENBLAS_NUM_THREADS=1; do
            [[ $have_torch -eq 1 ]] || continue
            line=$(env "${best[@]}" "$setting" "$python" bench/train_peer.py "$hidden" 100 "$seconds")
            echo "$line ($setting)"
            now=$(rate <<<"$line")
            theirs=$((now > theirs ? now : theirs))
        done
    done
    if [[ $theirs -gt 0 ]]; then
        awk -v a="$ours" -v b="$theirs" -v h="$hidden" 'BEGIN { printf "== made 784-%s-784, batch 100: %d / %d examples/s = %.2f times PyTorch\n", h, a, b, a / b }'
    fi
done
