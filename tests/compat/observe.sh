# What is asked of the models of version 0.1, and how the answers are written down: a line for each
# value, "QUESTION: VALUE". Sourced, after tests/lib.sh, by compat_test.sh, which compares answers
# with those in expected/, and by make.sh, which wrote these.
#
# A question is only a name. When an option or a field of the JSON is renamed, the calls below
# change and the questions stay, so that nothing in expected/ is ever written again.
compat=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export LC_ALL=C

# Models of examples: MODEL DATA [DATA-OF-ANOTHER-SIZE ITS-SHAPE]
examples='
uniform symbols.csv
histogram-joint narrow.txt
histogram-joint-zero narrow.txt
histogram-apart symbols.csv
histogram-apart-zero binary.txt
mixture-binary binary.txt
mixture-symbols symbols.csv
bayesnet-chain binary.txt
bayesnet-apart symbols.csv
bayesnet-dag narrow.txt
bayesnet-dag-symbols symbols.csv
made binary.txt
made-deep binary.txt
made-masks binary.txt
made-near binary.txt
made-agnostic binary.txt
made-indirect binary.txt
made-symbols symbols.csv
made-random-order symbols.csv
made-ranks binary.txt
made-threshold bright.csv
made-drawn bright.csv
made-three-axes grid.npy
conv1d-binary binary.txt
conv1d-symbols symbols.csv long.csv 19
conv1d-norm symbols.csv long.csv 19
conv1d-weight-norm symbols.csv long.csv 19
pixelcnn-binary binary.txt large.txt 7x5x1
pixelcnn-grey grey.csv large-grey.csv 4x6x1
pixelcnn-colour colour.csv large-colour.csv 3x5x3
pixelcnn-norm colour.csv large-colour.csv 3x5x3
pixelcnn-weight-norm grey.csv large-grey.csv 4x6x1
pixelcnn-cifar10 cifar10.bin photograph.png 6x7x3
pixelrnn-row binary.txt large.txt 7x5x1
pixelrnn-diagonal binary.txt large.txt 7x5x1
pixelrnn-row-colour colour.csv large-colour.csv 3x5x3
pixelrnn-diagonal-grey grey.csv large-grey.csv 4x6x1
charrnn-lstm binary.txt
charrnn-gru symbols.csv long.csv 19
charrnn-tanh symbols.csv long.csv 19
charrnn-embedding symbols.csv long.csv 19
charrnn-windows raw
'

# Models of texts: MODEL characters|bytes
texts='
lstm-characters characters
lstm-bytes bytes
gru-characters characters
tanh-characters characters
conv1d-characters characters
conv1d-bytes bytes
charrnn-windows bytes
'

# ask ARGUMENTS...: runs the command, its output into $work/stdout; says so when it fails
ask() {
    local status=0
    run "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
    if [[ $status -ne 0 ]]; then
        echo "likely $1 ended with exit status $status: $(cat "$work/stderr")"
    fi
}

# name QUESTION: puts it before each line of standard input
name() { sed "s|^|$1: |"; }

# hexadecimal: bytes of standard input, 16 a line
hexadecimal() { od -An -v -tx1 | tr -s ' ' | sed 's/^ //; s/ $//'; }

# fields QUESTION KEY...: values in the flat JSON that the command wrote, the first of each key;
# an infinite one is "Infinity" now, where 0.1 wrote null
fields() {
    awk -v question="$1" -v wanted="${*:2}" '
        match($0, /^ *"[a-z0-9_]+": /) {
            key = substr($0, 1, RLENGTH - 3)
            sub(/^ *"/, "", key)
            value = substr($0, RLENGTH + 1)
            gsub(/[",]/, "", value)
            sub(/^Infinity$/, "null", value)
            if (!(key in values)) values[key] = value }
        END { n = split(wanted, keys, " ")
            for (i = 1; i <= n; i++)
                print question ": " keys[i] " " values[keys[i]] }' "$work/stdout"
}

# columns QUESTION NAME...: those columns of $work/scores.csv, "-" for what is not there
columns() {
    local question=$1
    shift
    awk -F, -v wanted="$*" 'NR == 1 { n = split(wanted, names, " ")
            for (i = 1; i <= NF; i++) place[$i] = i; next }
        { line = ""
            for (i = 1; i <= n; i++)
                line = line (i > 1 ? " " : "") (names[i] in place ? $(place[names[i]]) : "-")
            print line }' "$work/scores.csv" | name "$question"
}

# The three questions below: QUESTION OPTIONS..., about the model $file.
evaluate() {
    local question="eval, $1"
    shift
    ask eval "$file" --json "$@"
    fields "$question" examples dimensions nll_nats bits_per_dim
}

score() {
    local question="score, $1"
    shift
    rm -f "$work/scores.csv"
    ask score "$file" --out "$work/scores.csv" "$@"
    [[ ! -e $work/scores.csv ]] || columns "$question" nll_nats score p_value
}

sample() {
    local question="sample, $1"
    shift
    rm -f "$work/samples.csv"
    ask sample "$file" --out "$work/samples.csv" "$@"
    [[ ! -e $work/samples.csv ]] || name "$question" <"$work/samples.csv"
}

# sample_naively FILE OPTIONS...: $work/FILE was drawn just so, but by the other schedule
sample_naively() {
    rm -f "$work/naive"*
    ask sample "$file" --out "$work/naive.${1##*.}" --schedule naive "${@:2}"
    compare "$work/$1" "$work/naive.${1##*.}" | name "sample, naively"
}

# observe_examples MODEL DATA [OTHER SHAPE]
observe_examples() {
    local model=$1 data=$2 other=${3:-} shape=${4:-}
    local given=(--given "$compat/data/$data" --given-variables) binarize=()
    case $model in # 0.1 did without, now grey values are only changed when that is asked for
    made-threshold) binarize=(--binarize threshold) ;;
    made-drawn) binarize=(--binarize sample) ;;
    esac
    if [[ $data == raw ]]; then
        evaluate "windows of chapter.txt" --data "$compat/data/chapter.txt" --raw
        sample "seed 3" --count 2 --seed 3
        return
    fi
    if [[ $data == cifar10.bin ]]; then # the default batch takes 0.8 GB; samples would be long
        evaluate "$data" --data "$compat/data/$data" --batch-size 2
        sample "seed 3, another size" --count 2 --seed 3 --shape 2x3x3
    else
        evaluate "$data" --data "$compat/data/$data" "${binarize[@]}"
        score "$data" --data "$compat/data/$data" "${binarize[@]}"
        sample "seed 3" --count 3 --seed 3
        sample_naively samples.csv --count 3 --seed 3
        sample "seed 5, temperature 0.5" --count 2 --seed 5 --temperature 0.5
        sample "seed 6, temperature 0" --count 1 --seed 6 --temperature 0
        if [[ $data != bright.csv ]]; then
            sample "seed 7, first 3 given" --count 3 --seed 7 "${given[@]}" 3
        fi
    fi
    if [[ -n $other ]]; then
        evaluate "$other" --data "$compat/data/$other" --shape "$shape"
        score "$other" --data "$compat/data/$other" --shape "$shape"
        sample "seed 8, size $shape" --count 2 --seed 8 --shape "$shape"
        if [[ $other == *.png || $shape != *x* ]]; then # files that say what shape they have
            given[1]=$compat/data/$other
            sample "seed 9, first 7 of $other" --count 2 --seed 9 "${given[@]}" 7
        fi
    fi
    case $model in
    histogram-joint-zero)
        evaluate "what it gives no probability" --data "$compat/data/unseen.txt"
        fields "eval, what it gives no probability" zero_probability_examples
        ;;
    made)
        score "against mixture-binary" --data "$compat/data/$data" \
            --against "$compat/models/mixture-binary.likely"
        ;;
    pixelcnn-binary)
        make_tall "$work/tall.txt"
        evaluate "tall.txt" --data "$work/tall.txt" --shape 300x224x1
        ;;
    made-agnostic) sample "seed 10, any given" --count 3 --seed 10 --given "$compat/data/held" ;;
    made-drawn)
        evaluate "seed 4 of binarization" --data "$compat/data/$data" "${binarize[@]}" \
            --binarize-seed 4
        ;;
    pixelcnn-cifar10 | pixelcnn-grey | pixelrnn-diagonal-grey)
        sample "seed 11, upper rows of picture.npy" --count 1 --seed 11 --given-rows 3 \
            --given "$compat/data/picture-${model##*-}.npy"
        ;;
    esac
}

# The same of a model of texts.
evaluate_text() {
    local question="eval, $1"
    shift
    ask eval "$file" --json "$@"
    fields "$question" symbols bytes escaped_characters nll_nats bits_per_byte
}

score_text() {
    local question="score, $1"
    shift
    rm -f "$work/scores.csv"
    ask score "$file" --out "$work/scores.csv" "$@"
    [[ ! -e $work/scores.csv ]] || columns "$question" line symbols nll_nats score
}

# Bytes are written as hexadecimal numbers, characters as they are (and a line's end behind them).
sample_text() {
    local question="sample, $1"
    shift
    rm -f "$work/sample.txt"
    ask sample "$file" --out "$work/sample.txt" "$@"
    [[ -e $work/sample.txt ]] || return 0
    if [[ $kind == bytes ]]; then
        hexadecimal <"$work/sample.txt" | name "$question"
    else
        { cat "$work/sample.txt" && echo; } | name "$question"
    fi
}

# observe_text MODEL characters|bytes
observe_text() {
    local kind=$2 data=$compat/data/chapter.txt
    if [[ $1 == charrnn-windows ]]; then # of examples, but it can compress texts
        return
    fi
    evaluate_text chapter.txt --data "$data"
    evaluate_text "symbols 40 to 99" --data "$data" --from 40 --symbols 60
    evaluate_text text-train.txt --data "$compat/data/text-train.txt"
    evaluate_text strange --data "$compat/data/strange"
    evaluate_text "chapter.txt, learning" --data "$data" --adapt 0.004
    score_text chapter.txt --data "$data"
    score_text "strange, learning" --data "$compat/data/strange" --adapt 0.004
    sample_text "seed 3" --length 80 --seed 3
    sample_naively sample.txt --length 80 --seed 3
    sample_text "seed 4, temperature 0.5" --length 80 --seed 4 --temperature 0.5
    sample_text "seed 5, prompt" --length 40 --seed 5 --prompt "the small caf"
    sample_text "temperature 0" --length 40 --temperature 0
}

# observe_container PATH: containers/MODEL/DATA.lk or DATA+HOW.lk restores data/DATA, as the format
# that it says; or, if there is data/DATA.csv, the values in that
observe_container() {
    local data=${1##*/} question
    question="restored from ${data%.lk}"
    data=${data%.lk}
    data=$compat/data/${data%%+*}
    if [[ ${data##*/} == tall.txt ]]; then
        data=$work/tall.txt
        make_tall "$data"
    fi
    rm -f "$work/restored" "$work/restored.csv"
    ask decompress "$file" --data "$1" --out "$work/restored"
    if [[ ! -e $work/restored ]]; then
        echo "nothing"
    elif [[ -e $data.csv ]]; then
        echo "a file that begins with $(head -c 6 "$work/restored" | hexadecimal)"
        ask decompress "$file" --data "$1" --out "$work/restored.csv"
        compare "$data.csv" "$work/restored.csv"
    elif [[ ${data##*/} == bright.csv ]]; then # binarized by the model
        cat "$work/restored"
    else
        compare "$data" "$work/restored"
    fi | name "$question"
}

# compare FILE RESTORED: "the same", or where they differ
compare() {
    if cmp -s "$1" "$2"; then
        echo "the same"
    else
        echo "differs"
        cmp "$1" "$2" 2>&1 || true
        diff -a "$1" "$2" 2>/dev/null | head -20 || true
    fi
}

# make_tall OUT: a picture of 300 x 224 pixels, of more variables than a network holds at once
make_tall() {
    awk 'BEGIN { for (y = 0; y < 300; y++) for (x = 0; x < 224; x++) printf "%d", x * y % 7 < 3
        print "" }' >"$1"
}

# row TABLE MODEL: its row
row() { awk -v model="$2" '$1 == model' <<<"$1"; }

# observe MODEL: all answers of a model, to standard output
observe() {
    local file=$compat/models/$1.likely words container
    ask info "$file" --json
    fields info family fingerprint
    read -r -a words <<<"$(row "$examples" "$1")"
    [[ ${#words[@]} -eq 0 ]] || observe_examples "${words[@]}"
    read -r -a words <<<"$(row "$texts" "$1")"
    [[ ${#words[@]} -eq 0 ]] || observe_text "${words[@]}"
    for container in "$compat/containers/$1"/*.lk; do
        [[ ! -e $container ]] || observe_container "$container"
    done
}

# Runs that 0.1 broke off, which go on from checkpoints/NAME.checkpoint. What decides the course of
# a training stands here, once, for make.sh, which begins them, and for the test, which resumes.
# begun NAME OPTIONS...: such a run. It is validated on what it learns from, so that its weights get
# better in each epoch and the model that it ends in is that of the last one.
begun() {
    local binary=(--data "$compat/data/binary-train.txt" --valid "$compat/data/binary-train.txt")
    local narrow=(--data "$compat/data/narrow-train.txt" --valid "$compat/data/narrow-train.txt")
    local text=(--data "$compat/data/text-train.txt" --window 12 --batch-size 4)
    local common=(--checkpoint-seconds 0 --quiet --learning-rate 0.01 --seed 5 --json)
    case $1 in
    made-adam) run train made "${narrow[@]}" "${common[@]}" --batch-size 8 --set hidden=6 \
        --set masks=2 --set dropout=0.2 --clip 1 --ema 0.9 --schedule exponential "${@:2}" ;;
    made-in-epoch) run train made "${narrow[@]}" "${common[@]}" --batch-size 8 --set hidden=5 \
        --optimizer sgd --ema 0 --weight-decay 0.001 --warmup-steps 5 "${@:2}" ;;
    pixelcnn) run train pixelcnn "${binary[@]}" "${common[@]}" --batch-size 16 --shape 4x3x1 \
        --set blocks=1 --set channels=2 --set head=3 --set kernel=3 --set dropout=0.1 \
        --set weight_norm=true --optimizer adamw --weight-decay 0.01 "${@:2}" ;;
    made-adagrad) run train made "${narrow[@]}" "${common[@]}" --batch-size 16 --set hidden=3 \
        --optimizer adagrad --ema 0.5 "${@:2}" ;;
    text) run train charrnn "${text[@]}" "${common[@]}" --text utf8 --set width=3 \
        --set layers=1 --set embedding=2 --set dropout=0.1 --set locked_dropout=true \
        --set recurrent_dropout=0.1 --set weight_dropout=0.1 "${@:2}" ;;
    *) fail "$1: not a run that was begun" ;;
    esac
}
runs='made-adam made-in-epoch made-adagrad pixelcnn text'

# observe_runs: the models that those runs end in
observe_runs() {
    local run_name
    for run_name in $runs; do
        cp "$compat/checkpoints/$run_name.checkpoint" "$work/resumed.checkpoint"
        begun "$run_name" --out "$work/resumed" --epochs 3 --resume >"$work/stdout" || true
        fields "resumed $run_name" fingerprint best_epoch best_valid_nll_nats
    done
}
