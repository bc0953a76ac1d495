# What bench/train.sh and bench/sample.sh share: PyTorch at its best. Debian's python3-torch, the
# memory settings that serve it best, and every setting of threads and memory formats that is the
# best one for some network. Without PyTorch only ours is shown.
python=${PYTHON:-/usr/bin/python3}
memory=(MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 MALLOC_TOP_PAD_=268435456
    MALLOC_ARENA_MAX=1 GLIBC_TUNABLES=glibc.malloc.hugetlb=1)
have_torch=1
"$python" -c 'import torch' 2>/dev/null || have_torch=0
[[ $have_torch -eq 1 ]] || echo "no PyTorch here (apt-get install python3-torch): no ratios"
# Without OpenBLAS Debian's PyTorch multiplies with the reference BLAS, forty times slower, and a
# ratio would say nothing.
if [[ $have_torch -eq 1 ]] &&
    ! update-alternatives --query libblas.so.3-"$(uname -m)"-linux-gnu 2>/dev/null |
    grep -q '^Value:.*openblas'; then
    echo "PyTorch has no OpenBLAS here (apt-get install libopenblas0-pthread): no ratios"
    have_torch=0
fi
# ISA=avx2: both sides without AVX-512, as on processors that have none.
isa=()
if [[ ${ISA:-} == avx2 ]]; then
    export LIKELY_ISA=avx2
    isa=(ONEDNN_MAX_CPU_ISA=AVX2 DNNL_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2
        OPENBLAS_CORETYPE=Zen)
fi

# peers VERB NETWORK SECONDS: a line for each setting
peers() {
    [[ $have_torch -eq 1 && ! $2 =~ ^(row-lstm|diagonal-bilstm|conv1d)$ ]] || return 0
    local formats=("") threads format
    [[ $2 != pixelcnn* ]] || formats=("" channels_last)
    for threads in GOMP_SPINCOUNT=2000 OPENBLAS_NUM_THREADS=1; do
        for format in "${formats[@]}"; do
            env "${memory[@]}" "${isa[@]}" "$threads" "$python" bench/peer.py "$1" "$2" "$3" \
                $format | sed "s/\$/ ($threads${format:+ $format})/"
        done
    done
}

# greatest UNIT: of the numbers before "UNIT" in the lines that come in; 0 of none
greatest() {
    awk -v unit="$1" '
        { for (i = 2; i <= NF; i++)
            if (index($i, unit) == 1 && $(i - 1) + 0 > most) most = $(i - 1) + 0 }
        END { print most + 0 }'
}
