#!/usr/bin/env bash
# Recordings and texts beside a slower sequence (local conditioning), from the command's side: a
# tone whose pitch it tells is said as well as no model without it could; it is drawn, scored,
# checked, compressed and restored with it; and what is refused.
source "$(dirname "$0")/lib.sh"
cd "$work"

# tone NAME FRAMES SEED: the pitch of every 4 frames is one of 4, drawn, which NAME.txt tells; the
# wave goes on from one to the next
tone() {
    awk -v n="$2" -v s="$3" -v symbols="$1.txt" 'BEGIN { srand(s)
        for (t = 0; t < n; t++) {
            if (t % 4 == 0) { q = int(4 * rand()); print q >symbols }
            phase = (phase + 1 + q) % 16
            print int(12000 * sin(6.283185307179586 * phase / 16))
        } }' | write_wav "$1.wav" 1 8000
}
tone train 16000 1
tone valid 4001 2
small="--view linear8 --set layers=2 --set channels=16 --set gates=16 --set skip=32 --window 128
    --batch-size 8 --learning-rate 0.01 --quiet --threads 1"
# shellcheck disable=SC2086
run train wavenet --data train.wav --local train.txt --local-every 4 --valid valid.wav \
    --valid-local valid.txt --out told.likely --epochs 20 $small >/dev/null
# shellcheck disable=SC2086
run train wavenet --data train.wav --valid valid.wav --out untold.likely --epochs 20 $small \
    >/dev/null

# ---- what it is good for. The frames tell the pitches, which are drawn: whoever is not told them
# pays ln(4) / 4 = 0.3466 nats a frame for them, and one who is told pays nothing.
run eval told.likely --data valid.wav --local valid.txt --json >told.json
run eval untold.likely --data valid.wav --json >untold.json
told=$(json told.json nats_per_symbol) untold=$(json untold.json nats_per_symbol)
awk -v a="$told" -v b="$untold" 'BEGIN { exit !(a != "" && a < 0.02 && b > 0.33 && b < 0.6) }' ||
    fail "$told nats a frame are paid by a model that is told the pitches, $untold by another"
# Other pitches are no help.
tac valid.txt >wrong.txt
run eval told.likely --data valid.wav --local wrong.txt --json >wrong.json
awk -v a="$(json wrong.json nats_per_symbol)" 'BEGIN { exit !(a > 1) }' ||
    fail "the pitches are not read: $(cat wrong.json)"
checks=$((checks + 2))

# ---- what is drawn has the pitches that it is told
run sample told.likely --local valid.txt --seed 3 --out drawn.wav >sampled
run eval told.likely --data drawn.wav --local valid.txt --json >drawn.json
awk -v a="$(json drawn.json nats_per_symbol)" 'BEGIN { exit !(a < 0.02) }' ||
    fail "a sample is not what it was told to be: $(cat drawn.json)"
[[ $(stat -c %s drawn.wav) -eq $((44 + 4004)) ]] || fail "$(stat -c %s drawn.wav) bytes"
run sample told.likely --local valid.txt --seed 3 --length 500 --out short.wav >/dev/null
run sample told.likely --local valid.txt --seed 3 --length 500 --schedule naive --out naive.wav \
    >/dev/null
expect_same short.wav naive.wav "both schedules draw the same"
expect_same <(tail -c +45 short.wav) <(head -c 544 drawn.wav | tail -c +45) "a beginning"
run sample told.likely --local valid.txt --given short.wav --seed 3 --out given.wav >/dev/null
expect_same given.wav drawn.wav "continued from its beginning"
run sample told.likely --local valid.txt --count 3 --seed 3 --length 500 --out three.wav >/dev/null
expect_same three-1.wav short.wav "the first of three"
run score told.likely --data valid.wav --local valid.txt --map map.png >scores
checks=$((checks + 3))

# ---- compression: the file needs nothing else
run compress told.likely --data valid.wav --local valid.txt --lossy --out valid.lk >/dev/null
run decompress told.likely --data valid.lk --out back.wav >/dev/null
run eval told.likely --data back.wav --local valid.txt --json >back.json
[[ $(json back.json nll_nats) == $(json told.json nll_nats) ]] || fail "restored is another"
run compress told.likely --data valid.wav --local valid.txt --lossy --out pieces.lk \
    --chunk-symbols 333 --lanes 3 >/dev/null
run decompress told.likely --data pieces.lk --out pieces.wav >/dev/null
expect_same back.wav pieces.wav "in pieces"
run info valid.lk >/dev/null
expect_status 1 "likely .likely info says|other model|compressed with model" decompress \
    untold.likely --data valid.lk --out no.wav
checks=$((checks + 1))

# ---- checks; a folder; learned upsampling; a text; trained further
for model in told untold; do
    run check $model.likely >check || fail "check of $model: $(cat check)"
done
run check told.likely --data valid.wav --local valid.txt >check || fail "$(cat check)"
run info told.likely >info
grep -q '^given along *a symbol of 4 for every 4 frames' info || fail "$(cat info)"
run info told.likely --json >info.json
grep -q '"every": 4' info.json || fail "$(cat info.json)"
mkdir -p sounds/a symbols/a
for i in 1 2 3; do
    tone sounds/a/$i $((200 + 37 * i)) "$i"
    mv sounds/a/$i.txt symbols/a/
done
# shellcheck disable=SC2086
run train wavenet --data sounds --local symbols --local-every 4 --local-alphabet 9 --out f.likely \
    --set upsampling=learned --set local_channels=3 --epochs 2 $small >/dev/null
run check f.likely --data sounds --local symbols >check || fail "check: $(cat check)"
run eval f.likely --data sounds --local symbols --out eval.csv >/dev/null
[[ $(wc -l <eval.csv) -eq 4 ]] || fail "$(cat eval.csv)"
run compress f.likely --data sounds --local symbols --lossy --out folder.lk >/dev/null
run decompress f.likely --data folder.lk --out restored >/dev/null
run eval f.likely --data restored --local symbols --out again.csv >/dev/null
expect_same <(cut -d, -f3- eval.csv) <(cut -d, -f3- again.csv) "a folder, restored"
# shellcheck disable=SC2086
run train --from f.likely --data sounds --local symbols --epochs 1 --quiet --out further.likely \
    >/dev/null
for i in $(seq 300); do printf 'abcabd'; done >text.txt
for i in $(seq 600); do echo $((i % 2)); done >text.symbols
run train wavenet --data text.txt --text bytes --local text.symbols --local-every 3 --epochs 1 \
    --window 32 --set layers=2 --set channels=4 --out text.likely --quiet >/dev/null
run check text.likely --data text.txt --local text.symbols >check || fail "check: $(cat check)"
[[ $(run sample text.likely --local text.symbols --seed 1 2>/dev/null | wc -c) -eq 1800 ]] ||
    fail "a text is not as long as its symbols"
run compress text.likely --data text.txt --local text.symbols --out text.lk >/dev/null
run decompress text.likely --data text.lk --out text.again >/dev/null
expect_same text.txt text.again "a text, restored"
checks=$((checks + 9))

# Whatever the family: of texts whose letters come in threes, which the symbols tell, they pay
# little, and whoever is not told pays 0.231 nats a letter at least (ln 2 in three).
awk 'BEGIN { srand(5); for (i = 0; i < 1500; i++) {
    q = rand() < 0.5; print q >"told.symbols"; printf q ? "aaa" : "bbb" >"told.txt" } }'
run models --json >models.json
families=0
python3 -c '
import json
for family in json.load(open("models.json")):
    if family["takes"]["local"]:
        print(family["family"])' | head -n "$(most 2)" >takers
for family in $(<takers); do
    case $family in
    charrnn) settings="--set width=16 --set layers=1" ;;
    conv1d) settings="--set layers=2 --set channels=12 --set head=16" ;;
    transformer) settings="--set layers=1 --set width=16 --set heads=2 --set window=8" ;;
    wavenet) settings="--set layers=2 --set channels=8 --set gates=8 --set skip=16" ;;
    *) fail "$family takes a slower sequence: settings for it are missing here" ;;
    esac
    # shellcheck disable=SC2086
    run train "$family" --data told.txt --text bytes --local told.symbols --local-every 3 \
        --epochs 8 --window 60 --batch-size 4 --learning-rate 0.01 $settings --quiet --threads 1 \
        --valid-fraction 0.2 --out each.likely >/dev/null
    run eval each.likely --data told.txt --local told.symbols --json >each.json
    awk -v a="$(json each.json nats_per_symbol)" 'BEGIN { exit !(a != "" && a < 0.05) }' ||
        fail "$family: what it is told is not used: $(cat each.json)"
    run check each.likely --data told.txt --local told.symbols >check || fail "$(cat check)"
    run compress each.likely --data told.txt --local told.symbols --out each.lk --lanes 3 \
        --chunk-symbols 1100 >/dev/null
    run decompress each.likely --data each.lk --out each.txt >/dev/null
    expect_same told.txt each.txt "$family, restored"
    run sample each.likely --local told.symbols --length 200 --out a.txt >/dev/null
    run sample each.likely --local told.symbols --length 200 --schedule naive --out b.txt >/dev/null
    expect_same a.txt b.txt "$family, by both schedules"
    families=$((families + 1))
done
[[ $families -ge 4 || -n ${LIKELY_SLOW-} && $families -eq 2 ]] ||
    fail "only $families families take a slower sequence"
checks=$((checks + 3 * families))

# Interrupted and resumed, it ends in the same weights.
# shellcheck disable=SC2086
run train wavenet --data sounds --local symbols --local-every 4 --out r.likely --epochs 1 $small \
    >/dev/null
# shellcheck disable=SC2086
run train wavenet --data sounds --local symbols --local-every 4 --out r.likely --epochs 3 $small \
    --resume >/dev/null
# shellcheck disable=SC2086
run train wavenet --data sounds --local symbols --local-every 4 --out s.likely --epochs 3 $small \
    >/dev/null
expect_same <(run info r.likely | grep fingerprint) <(run info s.likely | grep fingerprint) resumed
sed 's/^0/1/' symbols/a/1.txt >other.txt
mkdir -p others
cp -r symbols/a others/
cp other.txt others/a/1.txt
# shellcheck disable=SC2086
expect_status 1 'other data|differ|checkpoint' train wavenet --data sounds --local others \
    --local-every 4 --out r.likely --epochs 4 $small --resume

# ---- refused
expect_status 1 'none is given \(--local PATH\)$' eval told.likely --data valid.wav
expect_status 1 'none is given \(--local FILE\)$' sample told.likely --out no.wav
expect_status 1 'none is given \(--local PATH\)$' compress told.likely --data valid.wav \
    --lossy --out no.lk
expect_status 1 'not given a slower sequence: leave out --local$' eval untold.likely \
    --data valid.wav --local valid.txt
expect_status 1 'not given a slower sequence: leave out --local$' sample untold.likely \
    --local valid.txt --out no.wav
expect_status 1 'valid.txt: 1001 symbols, but train.wav wants 4000, one for every 4 positions$' \
    eval told.likely --data train.wav --local valid.txt
expect_status 1 'train.txt: more than 1001 symbols, but valid.wav wants 1001' eval told.likely \
    --data valid.wav --local train.txt
sed '7s/.*/4/' valid.txt >high.txt
expect_status 1 'high.txt, line 7: "4" is no symbol: they are whole numbers from 0 to 3' eval \
    told.likely --data valid.wav --local high.txt
expect_status 1 'high.txt, line 7: "4" is no symbol' sample told.likely --local high.txt \
    --out no.wav
head -c 300 /dev/urandom >noise.txt
expect_status 1 'noise.txt, line [0-9]+: ".*" is no symbol' sample told.likely --local noise.txt \
    --out no.wav
expect_status 1 'nowhere.txt: ' eval told.likely --data valid.wav --local nowhere.txt
rm symbols/a/2.txt
expect_status 1 'symbols/a/2.txt: ' eval f.likely --data sounds --local symbols
expect_status 1 'one file, but sounds holds 3 texts: name a folder' eval f.likely --data sounds \
    --local valid.txt
expect_status 1 'want 1002 symbols of the slower sequence, one for every 4, which has 1001$' \
    sample told.likely --local valid.txt --length 4005 --out no.wav
expect_status 1 '4004 positions are no more than the 16000' sample told.likely --local valid.txt \
    --given train.wav --out no.wav
expect_status 1 'cut both files' eval told.likely --data valid.wav --local valid.txt --from 100
expect_status 2 '\-\-local says nothing without --local-every' train wavenet --data train.wav \
    --local train.txt --out no.likely
expect_status 2 '\-\-valid-local says nothing without --valid' train wavenet --data train.wav \
    --local train.txt --local-every 4 --valid-local valid.txt --out no.likely
expect_status 1 'no slower sequence beside it: give it \(--valid-local PATH\)' train wavenet \
    --data train.wav --local train.txt --local-every 4 --valid valid.wav --out no.likely --quiet
expect_status 1 'made is for examples of one size, not for streams' train made --data text.txt \
    --text bytes --local text.symbols --local-every 3 --out no.likely
expect_status 1 'the model is not given a slower sequence|--local-every is of new models' train \
    --from told.likely --data train.wav --local train.txt --local-every 4 --out no.likely
expect_status 1 'none is given \(--local PATH\)$' train --from told.likely --data train.wav \
    --out no.likely --quiet
for file in no.wav no.lk no.likely; do
    [[ ! -e $file ]] || fail "$file was written"
done
finish
