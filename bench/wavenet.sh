#!/usr/bin/env bash
# Real time: frames a second that a WaveNet of 18 layers x 48 channels draws on one thread, one
# recording and 16 side by side, beside the rate of the sound:
#   bench/wavenet.sh [ROUNDS] [FRAMES]
# What is drawn does not depend on the weights' worth, so that the model is trained for a moment
# only, on a tone that is made here. The best of the rounds counts. Where other work slows a round
# (the load is told) the processor's time says more; it includes the start of the command.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-3}
frames=${2:-16000}
likely=${LIKELY:-build/likely}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[[ -x $likely ]] || cmake --build build --target likely >/dev/null
. <(sed -n '/^le() /p; /^make_wav() /,/^}/p' tests/lib.sh)
make_wav "$work/tone.wav" 1 4000 1
"$likely" train wavenet --data "$work/tone.wav" --view mulaw --epochs 1 --window 512 \
    --valid-fraction 0 --quiet --out "$work/model" >/dev/null
"$likely" info "$work/model" | grep -E '^(parameters|multiply-adds|past) '
TIMEFORMAT=%U
for batch in 1 16; do
    best=0 least=1e9
    for ((round = 0; round < rounds; round++)); do
        processor=$({ time "$likely" sample "$work/model" --count "$batch" --length "$frames" \
            --threads 1 --json --out "$work/drawn.wav" >"$work/said"; } 2>&1)
        speed=$(sed -n 's/.*"frames_per_second": \([0-9]*\).*/\1/p' "$work/said")
        echo "batch $batch: $speed frames a second; $processor s of the processor" \
            "(load $(cut -d' ' -f1 /proc/loadavg))"
        best=$((speed > best ? speed : best))
        least=$(awk -v a="$least" -v b="$processor" 'BEGIN { print a < b ? a : b }')
    done
    awk -v n="$batch" -v frames="$frames" -v best="$best" -v least="$least" 'BEGIN {
        printf "== wavenet, batch %d: %.0f frames a second, by processor time %.0f; each " \
            "recording %.2f, %.2f times 16 kHz\n", n, best, n * frames / least,
            best / n / 16000, frames / least / 16000 }'
done
