# What salvage recovers of a damaged container, of every version: a byte changed in a chunk's
# length, checksum or body costs that chunk, one in the table or index nothing, and one in the
# header all. Versions 1 to 3 are those that 0.1 wrote.
. "$(dirname "$0")/lib.sh"
corpus=$(dirname "$0")/compat

# flip FILE PLACE...: $work/flipped, with these bytes changed
flip() {
    cp "$1" "$work/flipped"
    local at byte
    for at in "${@:2}"; do
        byte=$(od -An -tu1 -j "$at" -N 1 "$1")
        printf "\\x$(printf %02x $((byte ^ 255)))" |
            dd of="$work/flipped" bs=1 seek="$at" conv=notrunc status=none
    done
}
# lost MODEL: the chunks that salvage leaves out of it
lost() {
    run decompress "$corpus/models/$1.likely" --data "$work/flipped" --salvage --json \
        --out "$work/salvaged.$2" | tr -d ' \n' | sed 's/.*"lost_chunks":\[\([^]]*\)\].*/\1/'
}
# expect_lost MODEL FILE TYPE CHUNKS WHAT PLACE...
expect_lost() {
    local model=$1 file=$2 type=$3 wanted=$4 what=$5
    flip "$file" "${@:6}"
    expect_status 1 'salvage' decompress "$corpus/models/$model.likely" --data "$work/flipped" \
        --out "$work/refused.$type"
    [[ ! -e $work/refused.$type ]] || fail "$file: $what damaged, and restored"
    local got
    got=$(lost "$model" "$type")
    [[ $got == "$wanted" ]] || fail "$file: $what damaged: lost '$got', not '$wanted'"
    checks=$((checks + 1))
}
# old MODEL FILE TYPE FIELDS [table]: a container of version 1 to 3 in several chunks; FIELDS bytes
# stand between the first chunk's checksum and its payload; a table ends it, or is in the header.
old() {
    local file=$corpus/containers/$1/$2 type=$3 fields=$4
    local begin size
    begin=$(od -An -tu1 -j 8 -N 1 "$file")
    size=$(stat -c %s "$file")
    begin=$((begin)) # no blanks
    expect_lost "$1" "$file" "$type" 1 'checksum' $((begin + 1))
    expect_lost "$1" "$file" "$type" 1 'length' $((begin + 4))
    expect_lost "$1" "$file" "$type" 1 'second field' $((begin + 5))
    expect_lost "$1" "$file" "$type" 1 'body' $((begin + 4 + fields))
    flip "$file" 30
    expect_status 1 'header is damaged' decompress "$corpus/models/$1.likely" \
        --data "$work/flipped" --salvage --out "$work/refused.$type"
    [[ ${5:-} != table ]] || for at in 1 6 9; do
        expect_lost "$1" "$file" "$type" '' 'table' $((size - at))
    done
}
old made binary.txt+chunks.lk txt 2
old uniform symbols.csv+chunks.lk csv 2
old made binary-train.txt+table.lk txt 2
old lstm-bytes chapter.txt+lanes.lk txt 5 table
old lstm-bytes chapter.txt+learning.lk txt 5 table

# Version 4: of examples, and of a text from which the model learned.
run compress "$corpus/models/made.likely" --data "$corpus/data/binary.txt" --chunk-examples 2 \
    --out "$work/made" >/dev/null
run compress "$corpus/models/lstm-bytes.likely" --data "$corpus/data/chapter.txt" \
    --chunk-symbols 40 --adapt 0.01 --out "$work/lstm-bytes" >/dev/null
for model in made lstm-bytes; do
    file=$work/$model
    size=$(stat -c %s "$file")
    mapfile -t mark < <(LC_ALL=C grep -aboP '\xF9lk\xC4' "$file" | cut -d: -f1)
    [[ ${#mark[@]} -ge 3 ]] || fail "$model: ${#mark[@]} chunks"
    end=${mark[2]}
    for at in 0 3 4 6 8 11 12 16 20 $((end - mark[1] - 1)); do
        expect_lost "$model" "$file" txt 2 "byte $at of chunk 2" $((mark[1] + at))
    done
    expect_lost "$model" "$file" txt 1,2 'two chunks' $((mark[0] + 11)) $((mark[1] + 11))
    for at in 1 6 9; do
        expect_lost "$model" "$file" txt '' 'index' $((size - at))
        expect_lost "$model" "$file" txt 2 'index and a length' $((size - at)) $((mark[1] + 11))
    done
done
cmp -s "$work/salvaged.txt" "$corpus/data/chapter.txt" && fail "nothing was lost"
flip "$work/lstm-bytes" $((size - 1))
lost lstm-bytes txt >/dev/null
expect_same "$work/salvaged.txt" "$corpus/data/chapter.txt" "a damaged index costs nothing"
finish
