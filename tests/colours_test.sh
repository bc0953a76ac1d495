# Every family on colour pictures, with what it is by default and as a mixture of logistics: it
# codes them without loss once trained; what it does not take it refuses in one line.
. "$(dirname "$0")/lib.sh"
python3 - "$work/colours.npy" <<'END'
import struct, sys
header = "{'descr': '|u1', 'fortran_order': False, 'shape': (12, 3, 4, 3), }"
header += " " * (63 - (10 + len(header)) % 64) + "\n"
values = bytes((i * i * 7 + i // 5) % 16 for i in range(12 * 36))
open(sys.argv[1], "wb").write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) +
                              header.encode() + values)
END
taken=0
# tried FAMILY OPTIONS...
tried() {
    local status=0
    rm -f "$work/m" "$work/m.checkpoint"
    "${likely[@]}" train "$1" --data "$work/colours.npy" --out "$work/m" --epochs 1 --threads 1 \
        --batch-size 4 --quiet "${@:2}" >"$work/out" 2>"$work/err" || status=$?
    if [[ $status -ne 0 ]]; then
        [[ $status -le 2 && $(wc -l <"$work/err") -eq 1 ]] ||
            fail "$*: status $status, $(cat "$work/err")"
        return
    fi
    taken=$((taken + 1))
    run compress "$work/m" --data "$work/colours.npy" --out "$work/c" --quiet >/dev/null
    run decompress "$work/m" --data "$work/c" --out "$work/back.npy" --quiet >/dev/null
    expect_same "$work/colours.npy" "$work/back.npy" "$*"
}
run models --json | sed -nE 's/^ +"family": "([^"]+)".*/\1/p' >"$work/families"
[[ -z ${LIKELY_SLOW-} ]] || sed -i -n '1~3p' "$work/families" # every third
for family in $(<"$work/families"); do
    tried "$family"
    tried "$family" --set distribution=logistic
done
expect_status 1 'in this ordering their colours do not follow one another' train lmconv \
    --data "$work/colours.npy" --set orders=0 --set distribution=logistic --order reversed \
    --out "$work/m2"
expect_status 1 'block_sparse=8 cuts into groups' train pixelcnn --data "$work/colours.npy" \
    --set channels=5 --set block_sparse=8 --out "$work/m2"
[[ $taken -ge 20 || -n ${LIKELY_SLOW-} && $taken -ge 5 ]] || fail "only $taken of them took colours"
