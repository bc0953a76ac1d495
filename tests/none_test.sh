# Data of no examples are no mistake of eval and score, which give 0 rows; other verbs refuse them.
# And lines of JSON in place of a CSV.
. "$(dirname "$0")/lib.sh"

printf 'a,b\n0,1\n1,0\n1,1\n0,0\n' >"$work/some.csv"
printf '"a" "b"\n' | tr ' ' ',' >"$work/header.csv"
: >"$work/empty"
printf '\n\n' >"$work/blank"
printf '\223NUMPY\1\0\166\0%-117s\n' "{'descr': '|u1', 'fortran_order': False, 'shape': (0, 2), }" \
    >"$work/none.npy"
gzip -c "$work/empty" >"$work/none.gz"
run train histogram --data "$work/some.csv" --valid "$work/some.csv" --out "$work/m" --quiet \
    >/dev/null
run score "$work/m" --data "$work/some.csv" --out "$work/some" >/dev/null
run train uniform --data "$work/some.csv" --out "$work/u" --quiet >/dev/null
for none in header.csv empty blank none.npy none.gz; do
    run eval "$work/m" --data "$work/$none" >"$work/out" || fail "eval of $none"
    grep -q '^0 examples' "$work/out" || fail "eval of $none: $(cat "$work/out")"
    run eval "$work/m" --data "$work/$none" --json >"$work/out"
    [[ $(json "$work/out" examples) -eq 0 && $(json "$work/out" nll_nats) == null ]] ||
        fail "eval of $none: $(cat "$work/out")"
    [[ $(json "$work/out" uniform_nll_nats) == 1.3862943611198906 ]] || fail "$(cat "$work/out")"
    run eval "$work/m" "$work/u" --data "$work/$none" >"$work/out" || fail "two models, $none"
    grep -q '^0 examples' "$work/out" && grep -qE '/u +uniform +0 +- +- +- ' "$work/out" ||
        fail "two models, $none: $(cat "$work/out")"
    run eval "$work/m" "$work/u" --data "$work/$none" --json >"$work/out" || fail "in JSON"
    run eval "$work/m" "$work/u" --data "$work/$none" --out "$work/two.csv" >"$work/out"
    grep -qE 'u","uniform",0,,,[0-9.]+,1,"p\(x\)"$' "$work/two.csv" || fail "$(cat "$work/two.csv")"
    run eval "$work/m" "$work/u" --data "$work/$none" --out "$work/two.jsonl" >"$work/out"
    grep -q '"nll_nats":null,"bits_per_dim":null' "$work/two.jsonl" ||
        fail "$(cat "$work/two.jsonl")"
    run score "$work/m" --data "$work/$none" --out "$work/scores.csv" >"$work/out" ||
        fail "score of $none"
    expect_same <(head -1 "$work/some") "$work/scores.csv" "the table of $none"
    run score "$work/m" --data "$work/$none" --out "$work/scores.jsonl" --json >"$work/out"
    [[ ! -s $work/scores.jsonl && $(json "$work/out" examples) -eq 0 ]] || fail "score of $none"
    expect_status 1 "$none: " train histogram --data "$work/$none" --out "$work/no"
    expect_status 1 "$none: " compress "$work/m" --data "$work/$none" --out "$work/no"
done
expect_status 1 'no examples to draw' score "$work/m" --data "$work/empty" --map "$work/map.png"

# One example has a likelihood, and no error of it is known.
printf 'a,b\n0,1\n' >"$work/one.csv"
run eval "$work/m" --data "$work/one.csv" | grep -q '^NLL [0-9.]* nats' || fail "an error of one"
run eval "$work/m" --data "$work/one.csv" --json >"$work/out"
[[ $(json "$work/out" nll_nats_stderr) == null ]] || fail "an error of one: $(cat "$work/out")"

# An empty text, packed or through a pipe too.
for i in $(seq 20); do echo "line $i"; done >"$work/text"
for kind in bytes utf8; do
    run train charrnn --data "$work/text" --text $kind --set width=4 --set layers=1 --window 8 \
        --epochs 1 --out "$work/t" --quiet >/dev/null
    run score "$work/t" --data "$work/text" --out "$work/lines.csv" >/dev/null
    for none in "$work/empty" "$work/none.gz" /dev/null -; do
        run eval "$work/t" --data "$none" <"$work/empty" >"$work/out" || fail "eval of $none"
        grep -qx '0 symbols: the text is empty' "$work/out" || fail "$none: $(cat "$work/out")"
        run eval "$work/t" --data "$none" --json <"$work/empty" >"$work/out"
        [[ $(json "$work/out" symbols) -eq 0 && $(json "$work/out" nll_nats) == 0.0 &&
            $(json "$work/out" nats_per_symbol) == null ]] || fail "$none: $(cat "$work/out")"
        run score "$work/t" --data "$none" --out "$work/none.csv" <"$work/empty" >"$work/out"
        expect_same <(head -1 "$work/lines.csv") "$work/none.csv" "the table of $none"
        run score "$work/t" --data "$none" --json <"$work/empty" >"$work/out"
        [[ $(json "$work/out" lines) -eq 0 ]] || fail "$none: $(cat "$work/out")"
    done
    expect_status 1 'there is no text to draw' score "$work/t" --data "$work/empty" \
        --map "$work/map.html"
    expect_status 1 'there is nothing to compare' eval "$work/t" "$work/t" --data "$work/empty"
    expect_status 1 'the file is empty' eval "$work/t" --data "$work/empty" --from 1
done
expect_status 1 'is empty' train charrnn --data "$work/empty" --text bytes --out "$work/no"
mkdir "$work/hollow"
: >"$work/hollow/a"
expect_status 1 'no files but empty ones' eval "$work/t" --data "$work/hollow"

# Lines of JSON say what the CSV says.
run score "$work/m" --data "$work/some.csv" --out "$work/scores.csv" --against "$work/m" \
    --labels <(printf '0\n1\n0\n1\n') >/dev/null
run score "$work/m" --data "$work/some.csv" --out "$work/scores.jsonl" --against "$work/m" \
    --labels <(printf '0\n1\n0\n1\n') >/dev/null
expect_same <(head -1 "$work/scores.csv") \
    <(head -1 "$work/scores.jsonl" | grep -oE '"[a-z_]+":' | tr -d '":' | paste -sd, -) "columns"
expect_same <(tail -n +2 "$work/scores.csv" | cut -d, -f1,7,8) \
    <(sed -E 's/.*"example":([0-9]+).*"label":([0-9]).*"variable":([0-9]+).*/\1,\2,\3/' \
        "$work/scores.jsonl") "rows"
for ending in json txt tsv csv.gz; do
    expect_status 2 'a table, NAME.csv or NAME.jsonl' score "$work/m" --data "$work/some.csv" \
        --out "$work/no.$ending"
    [[ ! -e $work/no.$ending ]] || fail "no.$ending was written"
done

# Infinite NLLs are strings in JSON, and both infinities have no mean.
printf '00\n00\n' >"$work/zeros" && printf '00\n11\n' >"$work/mixed"
run train histogram --data "$work/zeros" --set smoothing=0 --set joint=no --out "$work/h" \
    --quiet >/dev/null
run train histogram --data <(printf '11\n11\n') --set smoothing=0 --set joint=no \
    --out "$work/o" --quiet >/dev/null
run score "$work/h" --data "$work/mixed" --against "$work/o" --out "$work/inf.jsonl" >"$work/out"
grep -q 'mean score undefined' "$work/out" || fail "mean: $(cat "$work/out")"
grep -q nan "$work/out" && fail "nan: $(cat "$work/out")"
[[ $(grep -c '"score":"-\{0,1\}Infinity"' "$work/inf.jsonl") -eq 2 ]] ||
    fail "infinite scores: $(cat "$work/inf.jsonl")"
finish
