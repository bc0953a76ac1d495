# A text needs no --text: what is one, and what is data; packed texts; UTF-16 is named.
. "$(dirname "$0")/lib.sh"

# fit DATA [ARGUMENT...]: trains as quickly as can be
fit() {
    local data=$1
    shift
    run train charrnn --data "$data" --epochs 1 --set width=4 --set layers=1 --batch-size 2 \
        --window 16 --out "$work/m" "$@" >"$work/stdout" 2>"$work/stderr" ||
        fail "$data: $(cat "$work/stderr")"
}
# kind DATA: as which it is taken
kind() {
    fit "$1"
    local count
    count=$(grep -c 'a text in UTF-8, trained on as --text utf8' "$work/stderr" || true)
    run info "$work/m" --json >"$work/info"
    if grep -q '"stream": "characters"' "$work/info"; then
        [[ $count -eq 1 ]] || fail "$1: a text without a word"
        echo text
    else
        [[ $count -eq 0 ]] || fail "$1: no text, but called one"
        echo data
    fi
}
expect_kind() {
    local found
    found=$(kind "$work/$2")
    [[ $found == "$1" ]] || fail "$2: taken for $found, expected $1"
    checks=$((checks + 1))
}

prose='It was the best of times, it was the worst of times, it was the age of wisdom'
printf '%s\nit was the age of foolishness,\nété et hiver\n' "$prose" >"$work/prose"
printf '%s\rit was the age of foolishness;\rend\r' "$prose" >"$work/prose_cr"
printf 'First Citizen:\nBefore we proceed any further, hear me speak.\n' >"$work/play"
printf '1984 begins with a year,\nand goes on without one: the clocks.\n' >"$work/year"
printf '{"a": [1, 2],\n "b": "text"}\n' >"$work/json"
for text in prose prose_cr play year json; do expect_kind text "$text"; done
mkdir "$work/books" && cp "$work/prose" "$work/books/a" && cp "$work/play" "$work/books/b"
expect_kind text books
printf 'size,colour\nsmall,red\nlarge,blue\nlarge,red\n' >"$work/table"
printf 'a,b\n1,0\n0,1\n' >"$work/numbers"
printf '0 1 2\n2 1 0\n' >"$work/amat"
printf '0110\n1001\n' >"$work/rows"
for data in table numbers amat rows; do expect_kind data "$data"; done
expect_status 1 'is not a number' train charrnn --data <(printf '0 1 x\n') --out "$work/m"

# A pipe, or what is open already, is guessed as its file is, from where it stands; what is found to
# be data is still there for whoever reads it.
mkfifo "$work/fifo"
expect_piped() {
    local expected=$1 data=$work/$2 way found
    fit "$data"
    cp "$work/m" "$work/of_file"
    for way in pipe file process fifo; do
        case $way in
            pipe) kind - < <(cat "$data") ;;
            file) kind - <"$data" ;;
            process) kind <(cat "$data") ;;
            fifo) cat "$data" >"$work/fifo" & kind "$work/fifo" ;;
        esac >"$work/kind"
        found=$(cat "$work/kind")
        [[ $found == "$expected" ]] || fail "$2 by $way: $found, expected $expected"
        expect_same <(run info "$work/of_file" --json | grep fingerprint) \
            <(run info "$work/m" --json | grep fingerprint) "$2 by $way"
    done
}
gzip -c "$work/play" >"$work/play.gz"
for text in prose play.gz; do expect_piped text "$text"; done
for data in table numbers rows; do expect_piped data "$data"; done
{ read -r _ && fit -; } <"$work/prose"
grep -q 'a text in UTF-8' "$work/stderr" || fail "the rest of a file: $(cat "$work/stderr")"

# Packed texts are their texts in every verb but compress, which keeps any file.
gzip -c "$work/prose" >"$work/prose.gz"
gzip -c "$work/prose.gz" >"$work/twice"
expect_kind text prose.gz
fit "$work/prose" --text utf8
for packed in prose.gz twice; do
    expect_same <(run eval "$work/m" --data "$work/prose" --json) \
        <(run eval "$work/m" --data "$work/$packed" --json) "$packed: eval"
    expect_same <(run score "$work/m" --data "$work/prose" --json) \
        <(run score "$work/m" --data "$work/$packed" --json) "$packed: score"
done
run compress "$work/m" --data "$work/prose.gz" --out "$work/c" >/dev/null
run decompress "$work/m" --data "$work/c" --out "$work/again" >/dev/null
expect_same "$work/prose.gz" "$work/again" "a packed file is compressed as it is"

printf '\377\376a\0b\0\n\0' >"$work/utf16"
expect_status 1 'UTF-16.*iconv -f UTF-16 -t UTF-8' train charrnn --data "$work/utf16" --text utf8 \
    --out "$work/m"
expect_status 1 'UTF-16.*iconv -f UTF-16 -t UTF-8' train charrnn --data "$work/utf16" \
    --out "$work/m"

# Line ends: LF, CR LF and CR.
printf 'aa\nbb\ncc\n' >"$work/lf"
for end in '\r' '\r\n'; do
    printf "aa${end}bb${end}cc${end}" >"$work/other"
    [[ $(run score "$work/m" --data "$work/other" --json | grep -c '"line"') -eq 3 ]] ||
        fail "lines that end in $end are not 3"
    checks=$((checks + 1))
done
fit "$work/prose"
grep -q ' symbols/s$' "$work/stderr" || fail "windows are no examples: $(cat "$work/stderr")"
expect_status 1 'in no other order: leave out --order' train charrnn --text utf8 --order reversed \
    --data "$work/prose" --out "$work/no" --quiet
finish
