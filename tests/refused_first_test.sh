# What a file cannot hold is refused before examples are drawn or decoded for it: at once, where the
# work would take minutes.
. "$(dirname "$0")/lib.sh"
awk 'BEGIN { srand(3); for (i = 0; i < 40; i++) { for (v = 0; v < 100; v++)
    printf "%d%s", int(256 * rand()), v < 99 ? "," : "\n" } }' >"$work/grey.csv"
run train pixelcnn --data "$work/grey.csv" --shape 10x10x1 --set blocks=0 --set channels=2 \
    --set head=2 --epochs 1 --out "$work/m" --quiet >"$work/out"
run compress "$work/m" --data "$work/grey.csv" --shape 10x10x1 --out "$work/lk" --quiet >"$work/out"
long=40000000 # examples
at_once() { # PATTERN ARGUMENTS...
    SECONDS=0
    expect_status 1 "$@"
    [[ $SECONDS -lt 20 ]] || fail "refused after $SECONDS s: $*"
}
at_once 'PBM holds 0 and 1 only' sample "$work/m" --count $long --out "$work/x.pbm"
at_once 'too many for one picture' sample "$work/m" --count $long --out "$work/x.png"
at_once 'no known format' sample "$work/m" --count $long --out "$work/x.jpg"
at_once 'PBM holds 0 and 1 only' decompress "$work/m" --data "$work/lk" --out "$work/x.pbm"
at_once 'JPEG would change the pixels' decompress "$work/m" --data "$work/lk" --out "$work/x.jpg"
[[ -z $(ls "$work" | grep '^x') ]] || fail "something was written"
# Not even a damaged chunk is looked at.
{ head -c 200 "$work/lk" && head -c 400 /dev/zero && tail -c +601 "$work/lk"; } >"$work/damaged"
at_once 'PBM holds 0 and 1 only' decompress "$work/m" --data "$work/damaged" --out "$work/x.pbm"
run sample "$work/m" --count 9 --out "$work/x.png" --quiet >"$work/out"
run decompress "$work/m" --data "$work/lk" --out "$work/x.npy" --quiet >"$work/out"
# Orders: what a family does not take, and what is no image.
expect_status 1 'pixelcnn takes the natural order alone .* any order is taken by .*made, lmconv' \
    train pixelcnn --data "$work/grey.csv" --shape 10x10x1 --order zigzag --out "$work/z"
cut -d, -f1-7 "$work/grey.csv" >"$work/seven.csv"
expect_status 1 'order of images, and an example of these data is a vector of 7: give --shape' \
    train made --data "$work/seven.csv" --order zigzag --out "$work/z"
finish
