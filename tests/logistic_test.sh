# Mixtures of logistic distributions in place of a softmax: sequences of 16 bits and RGB, trained,
# checked, sampled, and coded at the rate that the likelihood promises.
. "$(dirname "$0")/lib.sh"

# near CONTAINER-REPORT: the coded payload exceeds the likelihood by no more than 0.05 %
near() {
    local share
    share=$(json "$1" overhead)
    [[ -n $share ]] || fail "no overhead: $(cat "$1")"
    awk -v s="$share" 'BEGIN { exit !(s < 0.0005) }' || fail "$share above the likelihood"
    checks=$((checks + 1))
}

# Readings of 16 bits that walk: far fewer bits than 16, though no level is seen twice.
awk 'BEGIN { srand(5)
    for (i = 0; i < 600; i++) {
        x = 32768; line = ""
        for (t = 0; t < 32; t++) {
            x += int(3000 * (rand() - 0.5))
            line = line (t ? "," : "") x
        }
        print line
    } }' >"$work/walk.csv"
run train conv1d --data "$work/walk.csv" --alphabet 65536 --set distribution=logistic \
    --set mixtures=5 --set layers=2 --epochs 5 --seed 1 --quiet --out "$work/walk" >/dev/null
run info "$work/walk" >"$work/info"
grep -qx 'distribution    logistic mixture of 5 components' "$work/info" ||
    fail "$(cat "$work/info")"
run eval "$work/walk" --data "$work/walk.csv" --json >"$work/eval"
awk -v b="$(json "$work/eval" bits_per_dim)" 'BEGIN { exit !(b > 10 && b < 13) }' ||
    fail "a walk: $(cat "$work/eval")"
run compress "$work/walk" --data "$work/walk.csv" --out "$work/walk.lk" --json >"$work/coded"
near "$work/coded"
run decompress "$work/walk" --data "$work/walk.lk" --out "$work/again.csv" >/dev/null
expect_same "$work/walk.csv" "$work/again.csv" "16 bits come back"
run check "$work/walk" --data "$work/walk.csv" >"$work/check" || fail "$(cat "$work/check")"
run sample "$work/walk" --count 50 --seed 3 --out "$work/drawn.csv" >/dev/null
run sample "$work/walk" --count 50 --seed 3 --schedule naive --out "$work/naive.csv" >/dev/null
expect_same "$work/drawn.csv" "$work/naive.csv" "the naive schedule draws the same"
awk -F, '{ for (i = 2; i <= NF; i++) { d = $i - $(i - 1); sum += d < 0 ? -d : d; n++ } }
    END { exit !(sum / n < 6000) }' "$work/drawn.csv" || fail "these do not walk"
checks=$((checks + 4))

# RGB whose colours hang together: one network for a pixel, and other sizes than it was trained on.
colours() { # ROWS PIXELS
    awk -v n="$1" -v pixels="$2" 'BEGIN { srand(6)
        for (i = 0; i < n; i++) {
            line = ""
            for (p = 0; p < pixels; p++) {
                grey = int(240 * rand())
                line = line (p ? "," : "") grey + int(9 * rand()) "," grey "," int(grey / 2)
            }
            print line
        } }'
}
colours 150 36 >"$work/rgb.csv"
colours 5 70 >"$work/larger.csv"
run train pixelcnn --data "$work/rgb.csv" --alphabet 256 --shape 6x6x3 --set blocks=1 \
    --set channels=8 --set distribution=logistic --epochs 30 --seed 1 --quiet \
    --out "$work/rgb.likely" >/dev/null
run eval "$work/rgb.likely" --data "$work/rgb.csv" --json >"$work/eval"
awk -v b="$(json "$work/eval" bits_per_dim)" 'BEGIN { exit !(b < 6) }' ||
    fail "colours: $(cat "$work/eval")"
run check "$work/rgb.likely" --data "$work/rgb.csv" >"$work/check" || fail "$(cat "$work/check")"
run compress "$work/rgb.likely" --data "$work/larger.csv" --shape 10x7x3 --out "$work/rgb.lk" \
    --json >"$work/coded"
run decompress "$work/rgb.likely" --data "$work/rgb.lk" --out "$work/again.csv" >/dev/null
expect_same "$work/larger.csv" "$work/again.csv" "a larger image comes back"
run info "$work/rgb.likely" --json >"$work/info"
grep -q '"name": "logistic mixture"' "$work/info" || fail "$(cat "$work/info")"
[[ $(json "$work/info" sequential_steps) -eq 108 ]] || fail "steps: $(cat "$work/info")"
checks=$((checks + 4))

# Characters are no numbers.
for i in {1..100}; do echo "a text of words $i"; done >"$work/text"
expect_status 1 'for numbers, and these values are characters' train conv1d --text utf8 \
    --data "$work/text" --set distribution=logistic --out "$work/x"
expect_status 1 "'0' is not an integer from 1 to 256" train conv1d --data "$work/walk.csv" \
    --set mixtures=0 --out "$work/x"
finish
