#!/usr/bin/env bash
# Ours and others of today in turn, on one machine in one run: `make bench-peers`, or run.sh BUILD
# VENV. First the peers' networks are checked to be ours. Then the matrix product, shape by shape,
# beside MKL's (the row "product"), and the networks. Of the environment: ROWS, ROUNDS,
# ROUND_SECONDS, THREADS (turns.py). What torch.compile makes is kept in BUILD/peers, so that a
# second run is quicker.
set -euo pipefail
build=$(realpath "${1:?run.sh BUILD VENV}")
venv=${2:?run.sh BUILD VENV}
here=$(realpath "$(dirname "$0")")
mkdir -p "$build/peers"
export TORCHINDUCTOR_CACHE_DIR=$build/peers/compiled PYTHONDONTWRITEBYTECODE=1
"$here/setup.sh" "$venv"
cmake --build "$build" --parallel "$(nproc)" --target bench_peers >/dev/null
"$venv/bin/python" "$here/check.py" "$build" >"$build/peers/check.txt" ||
    { cat "$build/peers/check.txt" >&2 && exit 1; }
if [[ -z ${ROWS:-} || " $ROWS " == *" product "* ]]; then
    "$build/bench/bench_product" --threads "${THREADS:-1}" \
        --blas "$(echo "$venv"/lib/libmkl_rt.so.*)"
    echo
    rest=$(sed 's/ product / /; s/^ *//; s/ *$//' <<<" ${ROWS:-} ")
    [[ -z ${ROWS:-} || -n $rest ]] || exit 0
    export ROWS=$rest
fi
exec "$venv/bin/python" "$here/turns.py" "$build" "$build/peers/rounds.json"
