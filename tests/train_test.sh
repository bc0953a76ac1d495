# What training chooses, says at its end, logs, and refuses before the work.
. "$(dirname "$0")/lib.sh"
make_rows 300 64 1 >"$work/rows.txt"
python3 - "$work" <<'PY'
import random, sys
random.seed(2)
words = ["and", "so", "it", "goes", "over", "the", "hills", "until", "dawn", "again"]
for name in ["noise", "more"]:
    with open(sys.argv[1] + "/" + name + ".txt", "w") as f:
        for _ in range(300):
            print(*["1" if random.random() < 0.3 else "0" for _ in range(64)], file=f)
open(sys.argv[1] + "/text.txt", "w").write(" ".join(random.choice(words) for _ in range(8000)))
PY

# ---- chosen, and said in a line ------------------------------------------------------------------
run train charrnn --data "$work/text.txt" --text bytes --epochs 1 --out "$work/text" \
    >"$work/out" 2>"$work/err"
grep -q '^chosen: 8 lanes of 64 symbols (.* updates an epoch of .* symbols), adam at 0.004, ' \
    "$work/err" || fail "not chosen: $(cat "$work/err")"
grep -q 'layers=1 width=128 dropout=0.3' "$work/err" || fail "no settings: $(cat "$work/err")"
run info "$work/text" | grep -q '^ *width *128' || fail "the settings were not used"
run train charrnn --data "$work/text.txt" --text bytes --epochs 1 --out "$work/own" \
    --set width=16 --batch-size 4 --window 32 --learning-rate 0.01 --clip 0 \
    2>"$work/err" >"$work/out"
! grep -q '^chosen' "$work/err" || fail "chosen over what was given: $(cat "$work/err")"
run train made --data "$work/rows.txt" --epochs 1 --out "$work/made" --set hidden=30 \
    >"$work/out" 2>"$work/err"
grep -q '^chosen: minibatches of 16 (17 updates an epoch of 270 examples)' "$work/err" ||
    fail "not chosen: $(cat "$work/err")"
checks=$((checks + 4))

# ---- the end -------------------------------------------------------------------------------------
grep -q '^validation NLL .* nats .*; independent variables .* nats .*, uniform 44.361 nats' \
    "$work/out" || fail "no figures: $(cat "$work/out")"
grep -q '^ended: all epochs are done' "$work/out" || fail "no reason: $(cat "$work/out")"
run train made --data "$work/noise.txt" --minutes 0.0001 --out "$work/short" --set hidden=30 \
    >"$work/out" 2>"$work/err"
grep -q '^validation NLL [0-9]' "$work/out" || fail "a short training: $(cat "$work/out")"
grep -q '^ended: the time is over' "$work/out" || fail "a short training: $(cat "$work/out")"
grep -q 'learned nothing' "$work/out" || fail "a short training: $(cat "$work/out")"
run eval "$work/short" --data "$work/more.txt" >"$work/out"
grep -q "on these data the model is no better" "$work/out" ||
    fail "eval does not say that nothing was learned: $(cat "$work/out")"
run eval "$work/short" --data "$work/more.txt" --json >"$work/json"
[[ $(json "$work/json" uniform_nll_nats) == 44.36* ]] || fail "eval: $(cat "$work/json")"
run train bernoulli-mixture --data "$work/rows.txt" --set components=200 --valid-fraction 0.3 \
    --out "$work/mixture" >"$work/out" 2>"$work/err"
grep -q '^ended: an iteration gains nothing any more' "$work/out" || fail "EM: $(cat "$work/out")"
run train bernoulli-mixture --data "$work/rows.txt" --set components=200 --minutes 0.00001 \
    --out "$work/mixture" >"$work/out" 2>"$work/err"
grep -q '^ended: the time is over' "$work/out" || fail "EM in no time: $(cat "$work/out")"
run train histogram --data "$work/rows.txt" --out "$work/h" | grep -q '^training NLL' ||
    fail "no figure of a histogram"
checks=$((checks + 9))

# ---- the log -------------------------------------------------------------------------------------
run train made --data "$work/rows.txt" --shape 8x8x1 --epochs 3 --set hidden=30 --quiet \
    --out "$work/logged" --log "$work/log" >"$work/out"
[[ $(grep -c valid_nll_nats "$work/log/log.jsonl") == 3 ]] || fail "not three epochs in the log"
python3 - "$work/log" <<'PY'
import glob, json, struct, sys
lines = [json.loads(line) for line in open(sys.argv[1] + "/log.jsonl")]
assert [line["step"] for line in lines if "valid_nll_nats" in line] == [17, 34, 51], lines
(path,) = glob.glob(sys.argv[1] + "/events.out.tfevents.*")
bytes_, at, records = open(path, "rb").read(), 0, 0
while at < len(bytes_):
    (size,) = struct.unpack_from("<Q", bytes_, at)
    at, records = at + 16 + size, records + 1
assert at == len(bytes_) and records >= 1 + 3 * 5, (at, records)
assert b"\x89PNG" in bytes_ and b"nll/valid" in bytes_, "no picture, or no validation"
PY
expect_status 1 'holds the log of another training' train made --data "$work/rows.txt" --epochs 3 \
    --set hidden=30 --quiet --out "$work/logged" --log "$work/log"
run train made --data "$work/rows.txt" --shape 8x8x1 --epochs 4 --set hidden=30 --resume \
    --out "$work/logged" --log "$work/log" >"$work/out" 2>"$work/told"
grep -q 'logged.checkpoint: goes on after epoch 3$' "$work/told" ||
    fail "where it goes on is not told: $(cat "$work/told")"
# An infinite NLL is told as such.
printf '0 1\n0 1\n1 1\n' >"$work/some.amat"
printf '0 1\n0 0\n' >"$work/never.amat"
sure=(train histogram --data "$work/some.amat" --valid "$work/never.amat" --set smoothing=0
    --set joint=no --out "$work/sure")
run "${sure[@]}" | grep -q '^validation NLL inf nats' || fail "infinite: $(run "${sure[@]}")"
run "${sure[@]}" --json 2>/dev/null | tr -d ' ' | grep -q '"valid_nll_nats":"Infinity"' ||
    fail "infinite in JSON: $(run "${sure[@]}" --json)"
# One value alone in each column leaves nothing to learn.
printf 'a,b\nx,y\nx,y\n' >"$work/constant.csv"
run train histogram --data "$work/constant.csv" --out "$work/constant" >"$work/out"
grep -q 'has learned nothing' "$work/out" && fail "constant: $(cat "$work/out")"
checks=$((checks + 3))
# A log is no more widely readable than the data, be they files of a folder; and a training that is
# refused makes none.
mkdir "$work/secret"
printf 'some text of which samples are in the log\n' >"$work/secret/a"
chmod 600 "$work/secret/a"
run train charrnn --data "$work/secret" --text bytes --set width=4 --epochs 1 --quiet --window 8 \
    --out "$work/s" --log "$work/hidden" >"$work/out"
for file in "$work/hidden" "$work/hidden/"*; do
    mode=$(stat -c %a "$file")
    [[ $mode == ?00 ]] || fail "$file has mode $mode, and the data 600"
done
expect_status 1 'no-data' train made --data "$work/no-data" --out "$work/s" --log "$work/never"
[[ ! -e $work/never ]] || fail "a refused training left its log"
expect_status 1 'never/in/here: cannot make the folder' train made --data "$work/no-data" \
    --out "$work/s" --log "$work/never/in/here"
expect_status 1 'a log is a folder' train made --data "$work/no-data" --out "$work/s" --log -
[[ $(grep -c valid_nll_nats "$work/log/log.jsonl") == 4 ]] || fail "the log did not go on"
checks=$((checks + 3))

# ---- far smaller families ------------------------------------------------------------------------
awk 'BEGIN { srand(5); for (i = 0; i < 30; i++) { for (v = 0; v < 400; v++)
    printf "%d%s", int(256 * rand()), v < 399 ? "," : "\n" } }' >"$work/grey.csv"
run train made --data "$work/grey.csv" --shape 20x20x1 --set hidden=100 --set direct=false \
    --minutes 0.0001 --out "$work/large" >"$work/out" 2>"$work/err"
grep -q '^made has .* pixelcnn, whose weights are the same everywhere, has [0-9]*$' "$work/err" ||
    fail "no advice: $(cat "$work/err")"
expect_status 1 "(out of memory|direct=false|with --memory).*; pixelcnn, .* has [0-9]* parameters" \
    train made --memory 100M \
    --data "$work/grey.csv" --shape 20x20x1 --set hidden=4000 --out "$work/large" --quiet
checks=$((checks + 1))

# ---- refused first: not even the data are read ---------------------------------------------------
nothing=$work/nothing
expect_status 1 "unknown setting 'width'" train made --data "$nothing" --set width=3 \
    --out "$work/no"
expect_status 1 'not for streams' train made --data "$nothing" --text bytes --out "$work/no"
expect_status 1 'no model family' train mode --data "$nothing" --out "$work/no"
expect_status 1 'leave out --resume' train histogram --data "$nothing" --resume --out "$work/no"
expect_status 1 'through a view' train histogram --data "$nothing" --view bits:1 --out "$work/no"
[[ ! -e $work/no ]] || fail "something was written"
finish
