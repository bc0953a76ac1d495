# Examples compressed and restored by the command, with what belongs to them: tables of words,
# labels that the model is given, learning while coding, lanes and chunks, little memory, a pipe.
. "$(dirname "$0")/lib.sh"

# there_and_back MODEL DATA OPTIONS...: the same file comes back
there_and_back() {
    run compress "$work/$1" --data "$work/$2" --out "$work/$1.lk" "${@:3}" >/dev/null
    run decompress "$work/$1" --data "$work/$1.lk" --out "$work/restored" >/dev/null
    expect_same "$work/$2" "$work/restored" "$2 by $1 ${*:3}"
}

# A table of words, one column of which may be what the model is given.
awk 'BEGIN { srand(2); split("small large huge", size, " "); split("red green", colour, " ")
    print "size,colour,n,kind"
    for (i = 0; i < 200; i++) { a = 1 + int(3 * rand())
        print size[a] "," colour[1 + (rand() < a / 4)] "," \
            (rand() < 0.1 ? "?" : int(5 * rand())) "," (rand() < 0.5 ? "cat" : "dog") } }' \
    >"$work/table.csv"
run train made --data "$work/table.csv" --out "$work/table" --epochs 1 --quiet >/dev/null
run train made --data "$work/table.csv" --condition kind --out "$work/kinds" --epochs 1 --quiet \
    >/dev/null
for model in table kinds; do
    there_and_back $model table.csv
    there_and_back $model table.csv --chunk-examples 30 --lanes 7 --adapt 0.01
done

# Labels in a file of their own, without which such a model cannot be run.
make_rows 100 12 1 >"$work/rows.txt"
awk 'BEGIN { for (i = 0; i < 100; i++) print i % 3 == 0 ? "yes" : "no" }' >"$work/labels.txt"
run train made --data "$work/rows.txt" --labels "$work/labels.txt" --condition label \
    --out "$work/labelled" --epochs 1 --quiet >/dev/null
there_and_back labelled rows.txt --labels "$work/labels.txt"
expect_status 1 'no labels' compress "$work/labelled" --data "$work/rows.txt" --out "$work/no"

# Learning, which pays where data repeat themselves; a model that is counted does not learn.
run train pixelcnn --data "$work/rows.txt" --shape 3x4x1 --set blocks=1 --set channels=4 \
    --out "$work/pixels" --epochs 1 --quiet >/dev/null
yes 010011000111 | head -150 >"$work/same.txt" || true
there_and_back pixels same.txt
still=$(wc -c <"$work/pixels.lk")
there_and_back pixels same.txt --adapt 0.02
[[ $(wc -c <"$work/pixels.lk") -lt $((still / 2)) ]] || fail "learning does not pay"
run train histogram --data "$work/rows.txt" --out "$work/counted" --quiet >/dev/null
expect_status 1 'counted or fitted' compress "$work/counted" --data "$work/rows.txt" \
    --out "$work/no" --adapt 0.3
[[ ! -e $work/no ]] || fail "a refused compression left a file"

# Where little memory may be taken fewer lanes are chosen; what has many lanes is refused.
run train pixelcnn --data "$work/rows.txt" --shape 3x4x1 --set blocks=1 --set channels=48 \
    --out "$work/wide" --epochs 1 --quiet >/dev/null
there_and_back wide rows.txt
run compress "$work/wide" --data "$work/rows.txt" --out "$work/few.lk" --memory 1M --json \
    >"$work/few.json"
lanes=$(json "$work/few.json" lanes)
[[ $lanes -ge 2 && $lanes -le 50 ]] || fail "$lanes lanes in 1 MiB"
run decompress "$work/wide" --data "$work/few.lk" --out "$work/restored" --memory 1M >/dev/null
expect_same "$work/rows.txt" "$work/restored" "in 1 MiB"
rm "$work/restored"
expect_status 1 'wide.lk: running .* would take [0-9]+ KiB .* at most 300 KiB' decompress \
    "$work/wide" --data "$work/wide.lk" --out "$work/restored" --memory 300K
expect_status 1 'rows.txt: running .* would take [0-9]+ MiB .* at most 1 MiB' compress \
    "$work/wide" --data "$work/rows.txt" --out "$work/restored" --lanes 100 --memory 1M
[[ ! -e $work/restored ]] || fail "a refusal left a file"

# Front to back, without seeking.
run compress "$work/pixels" --data "$work/rows.txt" --out "$work/c" --chunk-examples 20 >/dev/null
run compress "$work/pixels" --data "$work/rows.txt" --out /dev/stderr --chunk-examples 20 \
    2>&1 >/dev/null | cat >"$work/piped"
expect_same "$work/c" "$work/piped" "written into a pipe"
finish
