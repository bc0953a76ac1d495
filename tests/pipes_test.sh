# Nothing eats an input; pipes, descriptors and standard input and output where files are named;
# names are tried before the work.
. "$(dirname "$0")/lib.sh"
make_rows 60 12 1 >"$work/rows.txt"
make_rows 20 12 2 >"$work/few.txt"
for i in $(seq 400); do echo "zeile $i: für und wider"; done >"$work/text.txt"
mkdir "$work/folder" "$work/pictures"
head -c 700 "$work/text.txt" >"$work/folder/a"
printf 'no text at all\0\377' >"$work/folder/b"
m=$work/made t=$work/text
run train made --data "$work/rows.txt" --out "$m" --set hidden=8 --epochs 2 --seed 1 --quiet \
    >"$work/summary"
grep -q "made.checkpoint stays" "$work/summary" || fail "checkpoint: $(cat "$work/summary")"
run train charrnn --data "$work/text.txt" --text bytes --out "$t" --set width=8 --set layers=1 \
    --epochs 1 --batch-size 4 --quiet --json >"$work/summary"
grep -q '"checkpoint": ".*/text.checkpoint"' "$work/summary" || fail "no checkpoint in the JSON"
run compress "$m" --data "$work/few.txt" --out "$work/few.lk" >/dev/null
run compress "$t" --data "$work/text.txt" --out "$work/text.lk" >/dev/null
run sample "$m" --count 2 --out "$work/pictures/" >/dev/null
seq 0 19 | awk '{ print $1 % 2 }' >"$work/labels.txt"
ln "$m" "$work/hard"
ln -s made "$work/soft"
sums() { (cd "$work" && find . -type f | grep -vE '^./(std|sums|said)' | sort | xargs sha256sum); }
sums >"$work/sums-before"

# ---- nothing eats an input -----------------------------------------------------------------------
eats() { expect_status 1 'over an input' "$@" --quiet; }
eats compress "$m" --data "$work/few.txt" --out "$m"
eats compress "$work/hard" --data "$work/few.txt" --out "$work/soft"
eats compress "$m" --data "$work/few.txt" --out "$work/few.txt"
eats compress "$t" --data "$work/folder" --out "$work/folder/a"
eats decompress "$m" --data "$work/few.lk" --out "$work/few.lk"
eats decompress "$m" --data "$work/few.lk" --out "$m"
eats train made --data "$work/rows.txt" --out "$work/rows.txt"
eats train made --data "$work/rows.txt" --valid "$work/few.txt" --out "$work/few.txt"
eats train made --data "$work/few.txt" --condition label --labels "$work/labels.txt" \
    --out "$work/labels.txt"
eats train --from "$m" --data "$work/rows.txt" --out "$m"
cp "$work/few.txt" "$work/data.checkpoint"
eats train made --data "$work/data.checkpoint" --out "$work/data"
rm "$work/data.checkpoint"
eats sample "$m" --given "$work/few.txt" --count 1 --out "$work/few.txt"
eats sample "$t" --prompt-file "$work/text.txt" --out "$work/text.txt"
eats score "$m" --data "$work/few.txt" --labels "$work/labels.txt" --out "$work/labels.txt"
eats score "$m" --data "$work/few.txt" --against "$work/hard" --out "$m"
eats score "$t" --data "$work/text.txt" --map "$work/text.txt"
eats info "$m" --curve "$m"
eats compress "$m" --data - --out "$work/few.txt" <"$work/few.txt"
got=0
run compress "$m" --data "$work/few.txt" --out - >>"$work/few.txt" 2>"$work/stderr" || got=$?
[[ $got -eq 1 ]] && grep -q 'over an input' "$work/stderr" || fail "standard output is the input"

# Standard output is an output too where no other is named, and for results.
# eats_here FILE ARGUMENTS...: with its standard output at the end of FILE
eats_here() {
    local file=$1 got=0
    shift
    run "$@" >>"$file" 2>"$work/stderr" || got=$?
    [[ $got -eq 1 ]] && grep -q '^likely: standard output: would be written over an input' \
        "$work/stderr" || fail "likely $* >>$file: status $got, $(cat "$work/stderr")"
    checks=$((checks + 1))
}
# Standard error is one as well: it is said on standard output then, or nowhere.
says_here() {
    local file=$1 got=0
    shift
    cp "$file" "$work/said-before"
    run "$@" 2>>"$file" >"$work/stdout" || got=$?
    [[ $got -eq 1 ]] && grep -q '^likely: standard error: would be written over an input' \
        "$work/stdout" || fail "likely $* 2>>$file: status $got, $(cat "$work/stdout")"
    expect_same "$work/said-before" "$file" "likely $* 2>>$file"
    got=0
    run "$@" >>"$file" 2>&1 || got=$?
    [[ $got -eq 1 ]] || fail "likely $* >>$file 2>&1: status $got"
    expect_same "$work/said-before" "$file" "likely $* >>$file 2>&1"
}
says_here "$work/few.txt" train uniform --data "$work/few.txt" --out "$work/other"
says_here "$work/few.txt" eval "$m" --data "$work/few.txt"
says_here "$m" info "$m"
says_here "$work/folder/a" eval "$t" --data "$work/folder"
eats_here "$t" sample "$t" --length 5
eats_here "$work/text.txt" sample "$t" --length 5 --prompt-file "$work/text.txt"
eats_here "$work/folder/a" eval "$t" --data "$work/folder"
eats_here "$m" info "$work/hard" --json
eats_here "$work/few.txt" score "$m" --data "$work/few.txt" --out "$work/scores"
eats_here "$work/labels.txt" train made --data "$work/few.txt" --condition label \
    --labels "$work/labels.txt" --out "$work/scores" --quiet
got=0
run sample "$t" --length 5 1<>"$t" 2>"$work/stderr" || got=$?
[[ $got -eq 1 ]] || fail "the model is standard output: status $got"

# Two outputs that are one file, also one that is not there yet.
ln -s new.csv "$work/later"
ln -s . "$work/here"
mkdir "$work/log"
for other in new.csv ./new.csv folder/../new.csv "$work/new.csv" later here/new.csv; do
    (cd "$work" && expect_status 1 'written twice' score "$m" --data few.txt --out new.csv \
        --map "$other")
    (cd "$work" && expect_status 1 'written twice' decompress "$m" --data few.lk --out "$other" \
        --labels new.csv)
done
expect_status 1 'written twice' decompress "$m" --data "$work/few.lk" --out - --labels /dev/fd/1
(cd "$work" && expect_status 1 'written twice' train made --data rows.txt --out log/log.jsonl \
    --log here/log)
(cd "$work" && expect_status 1 'written twice' train made --data rows.txt --out log/new \
    --log log/new.checkpoint)
rm "$work/later" "$work/here"
[[ ! -e $work/new.csv && -z $(ls "$work/log") ]] || fail "left: $(ls "$work" "$work/log")"
rmdir "$work/log"
run score "$m" --data "$work/few.txt" --out /dev/null --map /dev/null >/dev/null

# ---- names are tried before the work -------------------------------------------------------------
expect_status 2 'name is empty' compress "$m" --data '' --out "$work/x"
expect_status 2 'name is empty' compress "$m" --data "$work/few.txt" --out ''
expect_status 1 'is a directory' train made --data "$work/rows.txt" --out "$work/folder"
expect_status 1 'names a folder' train made --data "$work/rows.txt" --out "$work/new/"
expect_status 1 'too long' compress "$m" --data "$work/few.txt" --out "$work/$(printf %0256d 0)"
expect_status 1 'checkpoint: .*too long' train made --data "$work/rows.txt" \
    --out "$work/$(printf %0250d 0)"
longest=$(printf %0255d 0)
run compress "$m" --data "$work/few.txt" --out "$work/$longest" >/dev/null
mkdir "$work/long"
run decompress "$m" --data "$work/$longest" --out "$work/long/$longest" >/dev/null
[[ $(ls "$work/long") == "$longest" ]] || fail "$(ls "$work/long")"
rm -r "$work/long" "$work/$longest"
expect_status 1 'No such file' score "$m" --data "$work/few.txt" --map "$work/no/map.png"
expect_status 1 'read twice' eval - --data - <"$m"
sums >"$work/sums-after"
expect_same "$work/sums-before" "$work/sums-after" "files that nothing was to change"

# ---- standard input and output -------------------------------------------------------------------
tar c -C "$work" folder | run compress "$t" --data - --out - 2>"$work/results" |
    run decompress "$t" --data - --out - 2>>"$work/results" | tar t >"$work/listed"
expect_same <(printf 'folder/\nfolder/a\nfolder/b\n') <(sort "$work/listed") "tar through pipes"
grep -q 'restored to' "$work/results" || fail "no results on standard error"
echo first >"$work/all"
run decompress "$t" --data - --out - --quiet <"$work/text.lk" >>"$work/all" 2>/dev/null
expect_same <(echo first; cat "$work/text.txt") "$work/all" "an append stays an append"
{
    echo head
    run decompress "$m" --data "$work/few.lk" --out /dev/stdout 2>/dev/null
    echo foot
} >"$work/all"
expect_same <(echo head; cat "$work/few.txt"; echo foot) "$work/all" "head, data, foot"
run decompress "$m" --data "$work/few.lk" --out /dev/fd/7 7>"$work/seven" >/dev/null
expect_same "$work/few.txt" "$work/seven" "through descriptor 7"
{
    read -r line
    run eval "$t" --data - --json >"$work/rest.json"
} <"$work/text.txt"
[[ $(json "$work/rest.json" bytes) -eq $(tail -n +2 "$work/text.txt" | wc -c) ]] ||
    fail "standard input is read from where it stands"
checks=$((checks + 3))

# The same results through pipes as from files.
for verb in "eval $m --data $work/few.txt" "eval $t --data $work/text.txt" \
    "score $m --data $work/few.txt --labels $work/labels.txt" "score $t --data $work/text.txt" \
    "check $m --data $work/few.txt" "info $m" "info $work/few.lk" \
    "sample $t --prompt-file $work/text.txt --length 20"; do
    read -r -a words <<<"$verb"
    run "${words[@]}" >"$work/from-files"
    piped=() number=20
    for word in "${words[@]}"; do
        if [[ -f $word ]]; then
            mkfifo "$work/fifo$number"
            cat "$word" >"$work/fifo$number" &
            word=$work/fifo$number
            number=$((number + 1))
        fi
        piped+=("$word")
    done
    run "${piped[@]}" >"$work/from-pipes"
    wait
    expect_same "$work/from-files" "$work/from-pipes" "$verb: through pipes"
    rm -f "$work"/fifo*
done
run train charrnn --data - --text utf8 --out - --set width=8 --set layers=1 --epochs 1 \
    --batch-size 4 --quiet <"$work/text.txt" 2>/dev/null | cat >"$work/piped"
run train charrnn --data "$work/text.txt" --text utf8 --out "$work/filed" --set width=8 \
    --set layers=1 --epochs 1 --batch-size 4 --quiet >/dev/null
expect_same <(run info "$work/filed") <(run info - <"$work/piped") "a model through pipes"
expect_status 1 'leave out --resume' train made --data "$work/rows.txt" --out - --resume
run score "$t" --data "$work/text.txt" --out - 2>/dev/null | head -1 >"$work/csv"
grep -q '^line,symbols' "$work/csv" || fail "no CSV: $(cat "$work/csv")"
run score "$m" --data "$work/few.txt" --map - 2>/dev/null | head -c 4 | grep -q PNG || fail "no PNG"
run info "$m" --curve - 2>/dev/null | head -1 | grep -q '<svg' || fail "no SVG"
run sample "$t" --length 30 --seed 4 >"$work/plain"
run sample "$t" --length 30 --seed 4 --out - 2>/dev/null >"$work/dash"
expect_same "$work/plain" "$work/dash" "sample --out -"
run sample "$t" --length 30 --count 2 >"$work/plain"
run sample "$t" --length 30 --count 2 --out - --json 2>"$work/json" >"$work/dash"
expect_same "$work/plain" "$work/dash" "sample --out - of two"
grep -q '"streams": 2' "$work/json" || fail "no JSON on standard error"
run sample "$m" --count 5 --out "$work/drawn.csv.gz" >/dev/null
run sample "$m" --count 5 --out - --format csv.gz 2>/dev/null >"$work/dash"
expect_same "$work/drawn.csv.gz" "$work/dash" "sample --out - --format"
run sample "$m" --count 5 --out >(cat >"$work/dash") --format .txt >/dev/null
run sample "$m" --count 5 --out "$work/drawn.txt" >/dev/null
for ((i = 0; i < 100; i++)); do
    cmp -s "$work/drawn.txt" "$work/dash" && break
    sleep 0.05
done
expect_same "$work/drawn.txt" "$work/dash" "sample to a process"
for ending in npy csv txt.gz; do
    run decompress "$m" --data "$work/few.lk" --out "$work/restored.$ending" >/dev/null
    run decompress "$m" --data - --out - --format $ending <"$work/few.lk" 2>"$work/said" \
        >"$work/dash"
    expect_same "$work/restored.$ending" "$work/dash" "decompress --out - --format $ending"
    grep -q 'restored to /dev/stdout$' "$work/said" || fail "where to: $(cat "$work/said")"
done
expect_status 2 'is for pipes' decompress "$m" --data "$work/few.lk" --out "$work/x.npy" \
    --format npy
expect_status 1 'known format' decompress "$m" --data "$work/few.lk" --out - --format dat
expect_status 1 'leave out --format' decompress "$t" --data "$work/text.lk" --out - --format npy
expect_status 2 'needs --format' sample "$m" --count 5 --out -
expect_status 2 'is for pipes' sample "$m" --count 5 --out "$work/x.txt" --format csv
expect_status 1 'known format' sample "$m" --count 5 --out - --format dat

# ---- a folder is restored whole, or not at all ---------------------------------------------------
run compress "$t" --data "$work/folder" --out "$work/folder.lk" >/dev/null
mkdir -p "$work/half/b"
expect_status 1 'is a directory' decompress "$t" --data "$work/folder.lk" --out "$work/half/"
[[ $(ls "$work/half") == b ]] || fail "half a folder: $(ls "$work/half")"
rmdir "$work/half/b"
run decompress "$t" --data "$work/folder.lk" --out "$work/half/" >/dev/null
diff -r "$work/folder" "$work/half" || fail "a folder that is restored"
expect_status 1 'is no folder' decompress "$t" --data "$work/folder.lk" --out -

# ---- links and modes -----------------------------------------------------------------------------
ln -s target "$work/link"
run compress "$m" --data "$work/few.txt" --out "$work/link" >/dev/null 2>"$work/stderr"
grep -q 'is a link' "$work/stderr" && [[ -L $work/link && -f $work/target ]] || fail "a link"
ln "$work/target" "$work/other"
run compress "$m" --data "$work/rows.txt" --out "$work/link" --quiet >/dev/null
expect_same "$work/few.lk" "$work/other" "another name of a file that was replaced"
chmod 600 "$work/few.txt"
run compress "$m" --data "$work/few.txt" --out "$work/private.lk" >/dev/null
run decompress "$m" --data "$work/private.lk" --out "$work/private.txt" >/dev/null
chmod 640 "$work/other"
run compress "$m" --data "$work/rows.txt" --out "$work/other" >/dev/null
modes=$(stat -c %a "$work/private.lk" "$work/private.txt" "$work/other" | tr '\n' ' ')
[[ $modes == "600 600 640 " ]] || fail "modes: $modes"

# ---- standard output that is full, or closed -----------------------------------------------------
if [[ -w /dev/full ]]; then
    for words in --version --help "train --help" "help eval" models "info $m"; do
        got=0
        read -r -a arguments <<<"$words"
        run "${arguments[@]}" >/dev/full 2>"$work/stderr" || got=$?
        [[ $got -eq 1 && $(wc -l <"$work/stderr") -eq 1 ]] || fail "likely $words >/dev/full: $got"
    done
fi
got=0
run compress "$m" --data "$work/rows.txt" --out "$work/closed.lk" >&- 2>"$work/stderr" || got=$?
[[ $got -eq 1 ]] || fail "closed standard output: status $got"
run decompress "$m" --data "$work/closed.lk" --out "$work/closed.txt" >/dev/null
expect_same "$work/rows.txt" "$work/closed.txt" "what was written with standard output closed"
finish
