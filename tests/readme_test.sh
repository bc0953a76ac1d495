# The commands of README, as they stand there, one after another in one folder, each with the model
# of the line before; data and networks are small, and training is short. And the table of data with
# which to begin: README has the lines that the command tells.
. "$(dirname "$0")/lib.sh"
readme=$LIKELY_SOURCE/README.md

# ---- the table -----------------------------------------------------------------------------------
run models >"$work/models"
sed -n '/^Your data:/,$p' "$work/models" | sed -nE 's/^  ([a-z ]+[a-z])  +(likely .*)/\1|\2/p' \
    >"$work/told"
sed -nE 's/^\| ([a-z ]+) \| `(likely [^`]*)` \|$/\1|\2/p' "$readme" >"$work/written"
[[ $(wc -l <"$work/told") -eq 7 ]] || fail "seven kinds of data expected: $(cat "$work/told")"
expect_same "$work/told" "$work/written" "the table of README"

# ---- data ----------------------------------------------------------------------------------------
mkdir "$work/here" && cd "$work/here"
# drawn SHAPE ALPHABET COUNT OUT: uniform values
drawn() {
    local variables=$((${1//x/*}))
    awk -v n=$variables 'BEGIN { for (i = 0; i < n; i++) printf "%s0", i ? "," : ""; print "" }' \
        >../zero.csv
    run train uniform --data ../zero.csv --shape "$1" --alphabet "$2" --out ../uniform --quiet \
        >/dev/null
    run sample ../uniform --count "$3" --out "$4" --seed "$3" --quiet >/dev/null
}
rows() { make_rows "$1" 784 "$2" | sed 's/./& /g; s/ $//' | gzip; }
sentences() {
    awk -v n="$1" -v s="$2" 'BEGIN { srand(s)
        split("the a old sea ship king ROMEO: wrote of and", w)
        for (i = 0; i < n; i++) { for (k = 0; k < 7; k++) printf "%s ", w[1 + int(10 * rand())]
            print "." } }'
}
people() {
    awk -v n="$1" -v s="$2" 'BEGIN { srand(s); print "name,town,age"
        for (i = 0; i < n; i++) print substr("annbobeva", 1 + 3 * int(3 * rand()), 3) "," \
            (rand() < 0.5 ? "Rome" : "Oslo") "," 20 + int(5 * rand()) }'
}
for name in train valid test more; do rows 60 ${#name} >$name.amat.gz; done
drawn 28x28x1 2 8 halves.png/ && mv halves.png/*1.png half && rm -r halves.png && mv half halves.png
drawn 28x28x1 2 20 mixed.npy
for i in $(seq 20); do echo $((i % 2)); done | tee labels.txt >flags.txt
sentences 60 1 >book.txt
sentences 10 2 >chapter.txt
{ sentences 10 3 && echo 'é ö'; } >other.txt
mkdir photographs
drawn 40x40x3 256 3 photographs/
drawn 33x35x3 256 1 drawn/ && mv drawn/*.png holiday.png
people 50 1 >people.csv
people 9 2 >new.csv
printf 'town,name\nRome,?\n,bob\n' >held.csv
for name in train t10k; do
    drawn 28x28x1 256 40 $name.idx.gz && mv $name.idx.gz $name-images-idx3-ubyte.gz
    for i in $(seq 40); do echo $((i % 10)); done | gzip >$name-labels-idx1-ubyte.gz
done
cp train-images-idx3-ubyte.gz digits.idx.gz
sentences 60 4 | sed 's/^/GET /' >access.log
drawn 24 9 40 readings.csv
mkdir voices
for i in 1 2 3; do make_wav voices/$i.wav 1 200 $i; done
make_wav hello.wav 1 150 4

# ---- the commands --------------------------------------------------------------------------------
# The lines of the blocks, continued ones as one, remarks taken off. Blocks that name a language are
# left to python/tests/test_docs.py.
awk '/^```/ { inside = !inside; named = $0 != "```"; next } inside && !named' "$readme" |
    sed -e ':a;/\\$/{N;s/\\\n//;ba}' \
        -e 's/  *#.*//' |
    grep -vE '^ *(#|$)' >"$work/commands"
declare -A small=([made]=hidden=8 [charrnn]='width=8 layers=1' [conv1d]='layers=1 channels=4 head=4'
    [wavenet]='layers=2 channels=4'
    [pixelcnn]='blocks=1 channels=2 head=2 kernel=3' [bernoulli-mixture]=components=3)
# scaled ARGUMENTS...: training is short
scaled() {
    local settings=()
    if [[ $1 != train ]]; then
        run "$@"
        return
    fi
    for setting in ${small[$2]-}; do settings+=(--set "$setting"); done
    [[ $2 == bernoulli-mixture ]] || settings+=(--batch-size 10)
    run "$@" "${settings[@]}" --epochs 1 --quiet
}
commands=0
while IFS= read -r line; do
    if [[ $line == ./run* ]]; then # of a checkout: that there is such a target
        read -r _ target <<<"$line"
        grep -q "$target" "$LIKELY_SOURCE/run" "$LIKELY_SOURCE/Makefile" || fail "no target: $line"
        continue
    fi
    [[ $line == 'likely '* ]] || fail "README: what is this? $line"
    eval "scaled ${line#likely }" >"$work/out" 2>"$work/stderr" </dev/null ||
        fail "$line: $(cat "$work/stderr")"
    commands=$((commands + 1))
done < <(cat "$work/commands" && cut -d'|' -f2 "$work/written")
[[ $commands -ge 25 ]] || fail "only $commands commands were found"
checks=$((checks + commands))

# What they made is what the remarks say.
expect_same <(zcat test.amat.gz) <(zcat restored.amat.gz) "what README restores"
for picture in samples.png completed.png surprise.png sevens.png; do
    head -c 4 $picture | grep -q PNG || fail "$picture is none"
done
grep -vqE '^name|,Rome,' romans.csv && fail "not all are given Rome: $(cat romans.csv)"
grep -vqE '^name|^[a-z]{3},Rome,2[0-4]$|^bob,(Rome|Oslo),2[0-4]$' completed.csv &&
    fail "not held: $(cat completed.csv)"
checks=$((checks + 2))
run decompress book.likely --data chapter.lk --out chapter.back >/dev/null
run decompress photo.likely --data holiday.lk --out holiday.back.png >/dev/null
expect_same chapter.txt chapter.back "the chapter of README"
expect_same holiday.png holiday.back.png "the picture of README"
finish
