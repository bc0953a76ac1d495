# Folders of texts, and of pictures, as people have them: subfolders beside files, hidden files,
# empty ones, files of other kinds. All that can be taken is, under its name; what is left out is
# said in one line.
. "$(dirname "$0")/lib.sh"

mkdir -p "$work/texts/a/deep" "$work/texts/.git" "$work/texts/b"
for name in one.txt a/two.md a/deep/three b/four.txt; do
    for ((i = 0; i < 12; i++)); do echo "the cat saw $name"; done >"$work/texts/$name"
done
ln -s one.txt "$work/texts/link.txt"
echo secret >"$work/texts/.hidden"
echo secret >"$work/texts/.git/config"
: >"$work/texts/a/empty"
mkfifo "$work/texts/b/pipe"
left="left out: 2 hidden files or folders \('.git', \.\.\.\)"

train() { # OUT ARGUMENTS...
    run train charrnn --text utf8 --set width=8 --set layers=1 --window 8 --batch-size 4 \
        --epochs 1 --out "$@" --json
}
# said PATTERN FILE WHAT
said() {
    [[ $(grep -cE "$1" "$2") -eq 1 ]] || fail "$3: expected one /$1/, got: $(cat "$2")"
    checks=$((checks + 1))
}

train "$work/m" --data "$work/texts" >"$work/log" 2>"$work/told"
said "$left, 1 empty file \('a/empty'\), 1 file of another kind \('b/pipe'\)" "$work/told" train
said "\"note\": \"$left, 1 empty file" "$work/log" "train --json"
train "$work/one" --data "$work/texts/one.txt" >"$work/log" 2>"$work/told"
! grep -q "left out" "$work/told" || fail "nothing is left out of one file"

run eval "$work/m" --data "$work/texts" >"$work/log"
said "$left, 1 empty file" "$work/log" eval
said "5 texts" "$work/log" "eval of five texts"

# Compressed and restored: every file, an empty one too, under its name.
run compress "$work/m" --data "$work/texts" --out "$work/texts.lk" >"$work/log"
said "$left, 1 file of another kind \('b/pipe'\)\$" "$work/log" compress
run decompress "$work/m" --data "$work/texts.lk" --out "$work/restored" >/dev/null
for name in one.txt a/two.md a/deep/three b/four.txt link.txt a/empty; do
    expect_same "$work/texts/$name" "$work/restored/$name" "$name of a folder"
done
[[ $(find "$work/restored" -type f | wc -l) -eq 6 ]] || fail "$(find "$work/restored")"

# A folder that is there is taken where it is empty, and nothing in it is ever overwritten.
mkdir "$work/there"
run decompress "$work/m" --data "$work/texts.lk" --out "$work/there" >/dev/null
expect_same "$work/texts/a/deep/three" "$work/there/a/deep/three" "restored into an empty folder"
expect_status 1 'there: the folder has files already: name a new one' \
    decompress "$work/m" --data "$work/texts.lk" --out "$work/there"

# Nothing to learn from.
mkdir "$work/hidden" "$work/empty"
echo secret >"$work/hidden/.x"
: >"$work/empty/x"
expect_status 1 'the folder has no files but hidden ones' eval "$work/m" --data "$work/hidden"
expect_status 1 'the folder has no files but empty ones' eval "$work/m" --data "$work/empty"
expect_status 1 'the folder has no files but empty ones' \
    train charrnn --text bytes --data "$work/empty" --out "$work/x"

# Pictures: what is none is said too.
mkdir -p "$work/pictures/a"
for name in 1.pgm a/2.pgm; do printf 'P2\n2 2\n3\n0 1\n2 3\n' >"$work/pictures/$name"; done
echo "about these" >"$work/pictures/a/readme.txt"
: >"$work/pictures/.DS_Store"
run train histogram --data "$work/pictures" --out "$work/h" >"$work/log" 2>"$work/told"
left="left out: 1 hidden file or folder \('.DS_Store'\)"
said "$left, 1 file of another kind \('a/readme.txt'\)" "$work/told" "train on pictures"
make_rows 40 16 1 >"$work/rows"
run train uniform --data "$work/rows" --shape 4x4x1 --out "$work/u" --quiet >/dev/null
run sample "$work/u" --count 2 --out "$work/drawn/" >/dev/null
expect_status 1 'drawn/: the folder has files already' sample "$work/u" --count 2 \
    --out "$work/drawn/"
run compress "$work/h" --data "$work/pictures" --out "$work/h.lk" >/dev/null
expect_status 1 'drawn/: the folder has files already' decompress "$work/h" \
    --data "$work/h.lk" --out "$work/drawn/"

# Links that lead nowhere, or in a circle, are no reason to read none of the rest.
ln -s nowhere "$work/texts/b/broken"
ln -s loop "$work/texts/loop"
run eval "$work/m" --data "$work/texts" >"$work/log"
said "2 links that lead nowhere \('b/broken', \.\.\.\)" "$work/log" "broken links beside texts"
said "5 texts" "$work/log" "eval of five texts beside broken links"
train "$work/m2" --data "$work/texts" >"$work/log" 2>"$work/told"
said "2 links that lead nowhere" "$work/told" "train beside broken links"
run compress "$work/m" --data "$work/texts" --out "$work/linked.lk" >"$work/log"
said "2 links that lead nowhere" "$work/log" "compress beside broken links"
ln -s ../nowhere.pgm "$work/pictures/a/3.pgm"
run eval "$work/h" --data "$work/pictures" >"$work/log"
said "1 link that leads nowhere \('a/3.pgm'\)" "$work/log" "a broken link beside pictures"

finish
