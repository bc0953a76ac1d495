# A verb that fails part-way leaves nothing of what it was to write: neither some of its files nor
# the folders that it made for them.
. "$(dirname "$0")/lib.sh"

# full ARGUMENTS...: fails where no file can grow
full() {
    local got=0 said
    said=$( (trap '' XFSZ && ulimit -f 0 && run "$@") 2>&1) || got=$?
    [[ $got -eq 1 ]] || fail "likely $*: exit status $got: $said"
    checks=$((checks + 1))
}
# gone PATH...
gone() {
    local path
    for path in "$@"; do
        [[ ! -e $path ]] || fail "left: $(ls -d "$path"*)"
    done
    [[ -z $(find "$work" -name '*.tmp-*') ]] || fail "left: $(find "$work" -name '*.tmp-*')"
}

printf 'a text, not a long one, of which a model learns but a little\n%.0s' 1 2 3 >"$work/text"
run train charrnn --data "$work/text" --text bytes --set width=4 --window 8 --epochs 1 \
    --out "$work/t" --quiet >/dev/null
make_rows 20 64 1 >"$work/rows.txt"
run train uniform --data "$work/rows.txt" --shape 8x8x1 --out "$work/m" --quiet >/dev/null

# Of several texts, drawn by 64, the last has no name to take.
mkdir "$work/S-66.txt"
expect_status 1 'S-66.txt: is a directory' sample "$work/t" --length 3 --count 66 \
    --out "$work/S.txt"
gone "$work/S-1.txt" "$work/S-64.txt" "$work/S-65.txt"
rmdir "$work/S-66.txt"
run sample "$work/t" --length 3 --count 66 --out "$work/S.txt" >/dev/null
[[ $(find "$work" -name 'S-*.txt' | wc -l) -eq 66 ]] || fail "texts: $(ls "$work")"

run sample "$work/t" --length 3 --count 2 --out "$work/n.txt" >"$work/report"
grep -q "written to $work/n-1.txt to $work/n-2.txt\$" "$work/report" || fail "$(cat "$work/report")"
run sample "$work/t" --length 3 --count 2 --out "$work/n.txt" --json >"$work/report"
[[ $(json "$work/report" out) == "$work/n-1.txt" ]] || fail "$(cat "$work/report")"
grep -q "\"$work/n-2.txt\"" "$work/report" || fail "$(cat "$work/report")"
for ending in txt.gz npy png; do
    expect_status 2 'texts are written as they are' sample "$work/t" --length 3 \
        --out "$work/n.$ending"
done

# Folders.
full sample "$work/m" --count 3 --out "$work/pictures/"
gone "$work/pictures"
mkdir "$work/kept"
full sample "$work/m" --count 3 --out "$work/kept/"
[[ -d $work/kept ]] || fail "a folder of somebody else was removed"
run sample "$work/m" --count 3 --out "$work/kept/" >/dev/null
mkdir -p "$work/classes/x/y"
cp "$work/kept/0.png" "$work/classes/x/y/a.png"
cp "$work/kept/1.png" "$work/classes/x/b.png"
run compress "$work/m" --data "$work/classes" --out "$work/c.lk" >/dev/null
full decompress "$work/m" --data "$work/c.lk" --out "$work/restored/"
gone "$work/restored"
mkdir -p "$work/texts/sub"
cp "$work/text" "$work/texts/sub/1"
run compress "$work/t" --data "$work/texts" --out "$work/texts.lk" >/dev/null
full decompress "$work/t" --data "$work/texts.lk" --out "$work/again"
gone "$work/again"

# Two outputs.
awk '{ print NR % 3 }' "$work/rows.txt" >"$work/labels"
run train made --data "$work/rows.txt" --condition label --labels "$work/labels" --epochs 1 \
    --set hidden=4 --out "$work/given" --quiet >/dev/null
run compress "$work/given" --data "$work/rows.txt" --labels "$work/labels" --out "$work/l.lk" \
    >/dev/null
expect_status 1 '/dev/full' decompress "$work/given" --data "$work/l.lk" --out "$work/both.txt" \
    --labels /dev/full
gone "$work/both.txt"
run decompress "$work/given" --data "$work/l.lk" --out "$work/both.txt" --labels "$work/l" \
    >/dev/null
expect_same "$work/l" "$work/labels" "the labels"
ln -s /dev/full "$work/map.png"
ln -s /dev/full "$work/map.html"
expect_status 1 'map.png: .*No space' score "$work/m" --data "$work/rows.txt" --out "$work/s.csv" \
    --map "$work/map.png"
gone "$work/s.csv"
expect_status 1 'map.html: .*No space' score "$work/t" --data "$work/text" --out "$work/s.csv" \
    --map "$work/map.html"
gone "$work/s.csv"
full train uniform --data "$work/rows.txt" --out "$work/no"
gone "$work/no"
finish
