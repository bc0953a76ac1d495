#!/usr/bin/env bash
# Two builds of likely against each other, verb by verb, on the same models:
#   bench/against.sh OLD_BUILD NEW_BUILD [CASE ...]
# OLD_BUILD trains each case's model, and both builds use it, in turn: train, eval, score, score
# with a map, sample, compress (without verification), decompress (what the build itself has
# compressed). A line for each: processor time (user and system) and seconds of OLD and of NEW, the
# least of all rounds, of processor time also the median, and the ratios NEW to OLD of the least;
# with GNU time (Debian: time) also the least of the peaks of memory. A ratio above 1 is a slower,
# or larger, NEW. What differs by more than 3 % and by 10 ms is marked, and then the exit status is
# 1. Least processor times stand even where other programs run beside; seconds need a quiet machine.
# The builds may choose other numbers of slices for training, or of lanes for compression, which is
# part of what is compared.
# Environment: ROUNDS (default 5), THREADS (default 1; 0: the processors), VERBS (default: all).
set -euo pipefail
old=$(realpath "${1:?bench/against.sh OLD_BUILD NEW_BUILD [CASE ...]}")/likely
new=$(realpath "${2:?bench/against.sh OLD_BUILD NEW_BUILD [CASE ...]}")/likely
cases=("${@:3}")
rounds=${ROUNDS:-5}
read -r -a verbs <<<"${VERBS:-train eval score map sample compress decompress}"
root=$(realpath "$(dirname "$0")/..")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C
TIMEFORMAT='%R %U %S'
memory=()
[[ ! -x /usr/bin/time ]] || memory=(/usr/bin/time -o "$work/memory" -f %M)
threads=()
[[ ${THREADS:-1} -eq 0 ]] || threads=(--threads "${THREADS:-1}")

# digits COUNT: binarized digits of 28 x 28, a row each; words COUNT: so many bytes of our sources;
# rows COUNT WIDTH: the same, as a table
digits() {
    printf 'P4\n784 %d\n' "$1" >"$work/digits-$1.pbm"
    gunzip -c "$root/demo/data/digits-train.pbm.gz" | tail -c +14 |
        head -c $((98 * $1)) >>"$work/digits-$1.pbm" || true
}
words() { cat "$root"/src/*/*.c | head -c "$1" >"$work/words-$1.txt" || true; }
rows() {
    words "$1"
    od -An -v -t u1 -w"$2" "$work/words-$1.txt" | sed 's/^ *//; s/  */,/g' >"$work/rows-$2.csv"
}
digits 200 && digits 10000
words 40000 && words 60000
rows 24000 48 && rows 12000 300
gunzip -c "$root/examples/alarm/alarm_train.txt.gz" >"$work/alarm.txt"

# NAME | train FAMILY ... | data | what else is said of the data | sample ... (none: eval decides)
rows="
histogram|histogram --epochs 1|digits-10000.pbm||--count 2000 --out @.pbm
mixture|bernoulli-mixture --set components=20 --set starts=1 --set iterations=20|digits-10000.pbm|\
|--count 2000 --out @.pbm
bayesnet|bayesnet --set graph=$root/examples/alarm/alarm.dag --epochs 2|alarm.txt|\
|--count 20000 --out @.txt
made|made --epochs 2|digits-10000.pbm||--count 2000 --out @.pbm
made-masks|made --set masks=8 --epochs 2|digits-10000.pbm||--count 1000 --out @.pbm
made-bytes|made --set hidden=300 --epochs 4|rows-48.csv|--alphabet 256|--count 200 --out @.csv
conv1d|conv1d --text bytes --epochs 1|words-60000.txt||--length 20000 --out @
pixelcnn|pixelcnn --set blocks=3 --set channels=16 --epochs 1|digits-200.pbm|--shape 28x28x1|\
--count 32 --out @.pbm
pixelcnn-colour|pixelcnn --set blocks=2 --set channels=8 --epochs 1|rows-300.csv|\
--alphabet 256 --shape 10x10x3|--count 8 --out @.npy
row-lstm|pixelrnn --set channels=8 --epochs 1|digits-200.pbm|--shape 28x28x1|--count 64 --out @.pbm
diagonal-bilstm|pixelrnn --set kind=diagonal --set channels=8 --epochs 1|digits-200.pbm|\
--shape 28x28x1|--count 64 --out @.pbm
pixelcnn-64|pixelcnn --set blocks=7 --set channels=64 --set head=128 --epochs 1|digits-200.pbm|\
--shape 28x28x1|--count 32 --out @.pbm
lstm-2x512|charrnn --set width=512 --text bytes --epochs 1|words-40000.txt||--length 8000 --out @
lstm|charrnn --text utf8 --epochs 1|words-60000.txt||--length 8000 --out @
gru|charrnn --set cell=gru --text bytes --epochs 1|words-60000.txt||--length 8000 --out @
"

# measure KEY COMMAND ...: a line "cpu seconds kilobytes" more in the file KEY
measure() {
    local key=$1
    shift
    echo 0 >"$work/memory"
    { time "${memory[@]}" "$@" >/dev/null 2>"$work/errors"; } 2>"$work/time" ||
        { echo "$*: $(cat "$work/errors")" >&2 && exit 2; }
    awk -v kb="$(tail -1 "$work/memory")" '{ print $2 + $3, $1, kb }' "$work/time" >>"$work/$key"
}

# least FILE: of each column
least() {
    awk 'NR == 1 { a = $1; b = $2; c = $3 } $1 < a { a = $1 } $2 < b { b = $2 } $3 < c { c = $3 }
         END { print a, b, c }' "$1"
}

# middle FILE: the median of its first column
middle() { sort -g "$1" | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'; }

# use BUILD VERB: one run
use() {
    local build=$1 verb=$2 binary=${!1} out=$work/$1.out
    local data=(--data "$work/$data_name" --quiet "${threads[@]}")
    case $verb in
    train) measure "$build-train" "$binary" train $training $shape "${data[@]}" \
        --valid-fraction 0 --out "$work/$build.trained" ;;
    eval | score) measure "$build-$verb" "$binary" "$verb" "$work/model" $shape "${data[@]}" ;;
    map) measure "$build-map" "$binary" score "$work/model" $shape "${data[@]}" \
        --map "$out.$map_format" ;;
    sample) measure "$build-sample" "$binary" sample "$work/model" --quiet "${threads[@]}" \
        ${sampling/@/$out} ;;
    compress) measure "$build-compress" "$binary" compress "$work/model" $shape "${data[@]}" \
        --no-verify --out "$work/$build.lk" ;;
    decompress) measure "$build-decompress" "$binary" decompress "$work/model" --quiet \
        "${threads[@]}" --data "$work/$build.lk" --out "$out.$restored_format" ;;
    esac
}

slower=0
printf '%-16s %-10s %8s %8s %6s  %8s %8s  %8s %8s %6s  %8s %8s %6s\n' case verb 'old cpu' \
    'new cpu' ratio median median 'old s' 'new s' ratio 'old MB' 'new MB' ratio
while IFS='|' read -r name training data_name shape sampling; do
    [[ -n $name ]] || continue
    [[ ${#cases[@]} -eq 0 || " ${cases[*]} " == *" $name "* ]] || continue
    rm -f "$work"/{old,new}-* "$work"/*.trained*
    map_format=png restored_format=npy
    [[ $training != *--text* ]] || map_format=html restored_format=txt
    "$old" train $training $shape --data "$work/$data_name" --valid-fraction 0 --quiet \
        --out "$work/model" >/dev/null
    for build in old new; do
        "${!build}" compress "$work/model" $shape --data "$work/$data_name" --no-verify --quiet \
            --out "$work/$build.lk" >/dev/null
    done
    for verb in "${verbs[@]}"; do
        # A map is of images and of texts.
        [[ $verb != map || $shape == *x* || $map_format == html ]] || continue
        for ((round = 0; round < rounds; round++)); do
            use old "$verb"
            use new "$verb"
        done
        echo "$name $verb $(least "$work/old-$verb") $(least "$work/new-$verb")" \
            "$(middle "$work/old-$verb") $(middle "$work/new-$verb")" | awk '
            function ratio(a, b) { return a > 0 ? b / a : 1 }
            {
                slow = $6 > 1.03 * $3 && $6 > $3 + 0.01
                printf "%-16s %-10s %8.3f %8.3f %6.3f  %8.3f %8.3f  %8.3f %8.3f %6.3f  " \
                    "%8.1f %8.1f %6.3f%s\n", $1, $2, $3, $6, ratio($3, $6), $9, $10, $4, $7,
                    ratio($4, $7), $5 / 1024, $8 / 1024, ratio($5, $8), slow ? "  slower" : ""
                exit slow
            }' || slower=1
    done
done <<<"$rows"
exit "$slower"
