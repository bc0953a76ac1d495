# What users bring and what is right of it: the cases beside this repository, ../shared/cases, a row
# of theirs a function here. Skipped where that folder is not. LIKELY_CASES names another folder,
# CASES=PATTERN picks rows.
. "$(dirname "$0")/lib.sh"
cases=${LIKELY_CASES:-$LIKELY_SOURCE/../shared/cases}
if [[ ! -r $cases/files/cases.md || ! -r $cases/reports/cases.md ]]; then
    echo "skipped: there is no $cases"
    exit 77
fi

# In each row: $T is an empty folder, and the present one a copy of the row's files.
L() { timeout 120 "${likely[@]}" "$@" --threads 1; }
Q() { L "$@" --quiet >"$T/log"; }
# refused PATTERN ARGUMENTS...: status 1 or 2, and one line that matches
refused() {
    local pattern=$1 got=0
    shift
    L "$@" >"$T/stdout" 2>"$T/stderr" </dev/null || got=$?
    [[ $got -eq 1 || $got -eq 2 ]] || fail "likely $*: status $got, not refused"
    cp "$T/stderr" "$work/stderr"
    [[ $(wc -l <"$T/stderr") -eq 1 ]] || fail "likely $*: one line: $(cat "$T/stderr")"
    grep -qE -- "$pattern" "$T/stderr" || fail "likely $*: /$pattern/: $(cat "$T/stderr")"
    expect_advice "$1"
}
# told PATTERN ARGUMENTS...: done, with a word about it somewhere
told() {
    local pattern=$1
    shift
    L "$@" >"$T/stdout" 2>"$T/stderr" || fail "likely $*: $(cat "$T/stderr")"
    grep -qE -- "$pattern" "$T/stdout" "$T/stderr" || # behind a pipe it would leave before the end
        fail "likely $*: no word of /$pattern/: $(cat "$T/stdout" "$T/stderr")"
}
# read_as FILE CSV [OPTIONS...]: the values that come back are these
read_as() {
    local file=$1 values=$2
    shift 2
    Q train uniform --data "$file" --out "$T/m" "$@"
    Q compress "$T/m" --data "$file" --out "$T/c" "$@"
    Q decompress "$T/m" --data "$T/c" --out "$T/v.csv"
    diff <(printf '%s\n' $values) "$T/v.csv" >"$T/diff" ||
        fail "$file is read as $(head -3 "$T/v.csv" | tr '\n' ' ')"
}
# read_or_refused PATTERN FILE CSV: one of the two
read_or_refused() {
    if L train uniform --data "$2" --out "$T/m" --quiet >"$T/log" 2>"$T/stderr"; then
        read_as "$2" "$3"
    else
        refused "$1" train uniform --data "$2" --out "$T/m"
    fi
}
shape_of() { L info "$1" --json | sed -nE 's/^  "shape": "(.*)",/\1/p'; }
number() { L "${@:2}" --json | sed -nE "s/^ +\"$1\": ([-0-9.e]+),?\$/\\1/p" | head -1; }
nll() { number nll_nats eval "$@"; }
near() { awk -v a="$1" -v b="$2" -v d="$3" 'BEGIN { exit !(a - b < d && b - a < d) }'; }
three() {
    Q train uniform --data three.amat --out "$T/t"
    Q compress "$T/t" --data three.amat --out "$T/t.lk"
}
text_model() { # NAME EPOCHS
    Q train charrnn --data text.txt --text bytes --set width=16 --set layers=1 --epochs "$2" \
        --batch-size 4 --out "$1"
}
grey_model() {
    Q train pixelcnn --data grey.npy --set blocks=1 --set channels=4 --set head=8 --epochs 3 \
        --learning-rate 0.01 --batch-size 10 --out g
}

# ---- files A: what training saves is loaded ------------------------------------------------------
files_A_picture256_pixelcnn() {
    if Q train pixelcnn --data picture256.png --valid picture256.png --epochs 1 --set blocks=1 \
        --set channels=2 --set head=2 --set kernel=3 --out "$T/p" 2>"$T/stderr"; then
        Q eval "$T/p" --data picture256.png
    else
        [[ $(wc -l <"$T/stderr") -eq 1 ]] || fail "refused late: $(cat "$T/stderr")"
    fi
}
files_A_picture256_uniform() {
    Q train uniform --data picture256.png --out "$T/u"
    Q info "$T/u"
}
files_A_audio16() {
    Q train conv1d --data audio16.npy --valid audio16.npy --epochs 1 --set layers=1 \
        --set channels=2 --set head=2 --out "$T/c"
    Q info "$T/c"
}
files_A_vectors16() {
    Q train uniform --data vectors16.npy --out "$T/u"
    Q info "$T/u"
}

# ---- files B: standard output, pipes, names of other arguments -----------------------------------
files_B_container_from_a_pipe() {
    three
    if L decompress "$T/t" --data <(cat "$T/t.lk") --out "$T/o.amat" --quiet >"$T/log" \
        2>"$T/stderr"; then
        cmp "$T/o.amat" three.amat || fail "other values"
    else
        grep -q 'regular file' "$T/stderr" || fail "$(cat "$T/stderr")"
    fi
}

# ---- files C: restored, but not what was compressed ----------------------------------------------
restore() { # FILE OUT
    Q train uniform --data "$1" --out "$T/m"
    Q compress "$T/m" --data "$1" --out "$T/c"
    L decompress "$T/m" --data "$T/c" --out "$T/$2" --quiet >"$T/log" 2>"$T/stderr"
}
files_C_hundred() {
    if restore hundred.npy o.png; then
        Q train uniform --data "$T/o.png" --alphabet 256 --out "$T/p"
        Q compress "$T/p" --data "$T/o.png" --out "$T/p.lk"
        Q decompress "$T/p" --data "$T/p.lk" --out "$T/v.csv"
        cmp <(seq 0 99 | paste -sd,) "$T/v.csv" || fail "scaled: $(head -c 60 "$T/v.csv")"
    fi
}
files_C_several() { ! restore three.amat o.png || fail "a sheet of several examples"; }
files_C_endings() {
    local ending
    for ending in bmp webp tiff h5 wav csv.xz; do
        ! restore rgb8.png "o.$ending" || fail "PNG bytes as .$ending"
        [[ ! -e $T/o.$ending ]] || fail "o.$ending is left"
    done
    ! restore rgb8.png o.ppm || [[ $(head -c 2 "$T/o.ppm") == P6 ]] || fail "no PPM"
    ! restore rgb8.png o.npz || [[ $(head -c 2 "$T/o.npz") == PK ]] || fail "no NPZ"
}
files_C_npz() {
    ! restore stored.npz o.npz || [[ $(head -c 2 "$T/o.npz") == PK ]] || fail "no NPZ"
}

# ---- files D: other data than the file holds -----------------------------------------------------
files_D_cr_amat() { read_or_refused 'CR' cr.amat '1,0 0,1'; }
files_D_pandas_index() {
    (told 'row number|left out' train uniform --data pandas_index.csv --out "$T/m") ||
        refused '.' train uniform --data pandas_index.csv --out "$T/m"
}
files_D_r_rownames() {
    told 'row number|left out' train uniform --data r_rownames.csv --out "$T/m"
}
files_D_numbers_as_header() {
    told '0, 1, 2|0,1,2|header|first line' train uniform --data pandas_numbers_as_header.csv \
        --out "$T/m"
}
files_D_trns() {
    Q train uniform --data trns_unused_1bit.png --out "$T/m"
    [[ $(number alphabet info "$T/m") -eq 2 ]] || fail "alphabet $(number alphabet info "$T/m")"
}

# ---- files E: refused, and might be read ---------------------------------------------------------
files_E_rgba8() {
    L train uniform --data rgba8.png --out "$T/m" --quiet >"$T/log" 2>"$T/stderr" ||
        refused 'alpha|transparent' train uniform --data rgba8.png --out "$T/m"
}
files_E_grey16() {
    L train uniform --data grey16.png --out "$T/m" --quiet >"$T/log" 2>"$T/stderr" ||
        refused '16 bits' train uniform --data grey16.png --out "$T/m"
}
files_E_categories() { read_as categories.csv 'colour,size red,1 green,2 red,2'; }
files_E_missing() { read_as missing.csv 'a,b 1,? 2,3'; }
files_E_savetxt_header() {
    Q train uniform --data savetxt_header.txt --out "$T/m"
    [[ $(number variables info "$T/m") -eq 3 ]] || fail "$(number variables info "$T/m") variables"
}
files_E_comment() {
    Q train uniform --data comment.csv --out "$T/m"
    [[ $(number variables info "$T/m") -eq 3 ]] || fail "$(number variables info "$T/m") variables"
}
files_E_medmnist() {
    Q train uniform --data medmnist_names.npz --valid medmnist_names.npz --out "$T/m"
}
files_E_train_val_test() {
    Q train uniform --data train_val_test.npz --valid train_val_test.npz --out "$T/m"
}
files_E_labels_with_header() {
    Q train made --data three.amat --labels labels_with_header.csv --condition label \
        --set hidden=2 --epochs 1 --out "$T/m"
}
files_E_pgm() { read_as binary.pgm 1,2,3,4,5,6; }
files_E_ppm() { Q train uniform --data binary.ppm --out "$T/m"; }
files_E_folder_of_depths() {
    mkdir "$T/folder"
    cp one_bit_8x8.png eight_bit_8x8.png "$T/folder"
    Q train uniform --data "$T/folder" --binarize threshold --out "$T/m"
}
files_E_sound() {
    local file
    for file in tone.wav tone.flac; do
        L train uniform --data $file --out "$T/m" --quiet >"$T/log" 2>"$T/stderr" ||
            refused 'WAV|FLAC' train uniform --data $file --out "$T/m"
    done
}

# ---- files F: rightly refused, and the message leads on ------------------------------------------
files_F_prose() { # a text for a family of texts, and for others a hint
    Q train charrnn --data prose.txt --epochs 1 --set width=4 --out "$T/m"
    refused '--text bytes|--text utf8' train uniform --data prose.txt --out "$T/m"
}
files_F_wav() { refused 'WAV' train charrnn --data tone.wav --out "$T/m" --shape 7; }
files_F_packed() {
    read_as three.amat.xz '0,1,2 2,1,0'
    read_as three.amat.bz2 '0,1,2 2,1,0'
    read_as three.amat.gz.gz "$(gunzip -c three.amat.gz.gz | gunzip -c | tr ' \n' ', ')"
}
files_F_utf16() { refused 'UTF-16' train uniform --data utf16.csv --out "$T/m"; }
files_F_json() {
    refused 'JSON|not a known data format' train uniform --data array.json --out "$T/m"
}
files_F_zip() {
    local file
    for file in book.xlsx tensor.pt data.zip; do
        refused 'ZIP|zip|Excel|PyTorch' train uniform --data $file --out "$T/m"
        grep -q 'Content_Types' "$T/stderr" && fail "names of members: $(cat "$T/stderr")"
    done
    return 0
}

# ---- reports -------------------------------------------------------------------------------------
reports_F1_lossy() {
    Q train made --data grey.npy --binarize threshold --set hidden=16 --epochs 1 --out m
    refused 'binarize' compress m --data grey.npy --out o.lk
    [[ ! -e o.lk ]] || fail "a file is left"
    told 'binariz' compress m --data grey.npy --binarize threshold --out o.lk
    L compress m --data grey.npy --binarize threshold --out o.lk --json | grep -q 'binariz' ||
        fail "no word in the JSON"
}
reports_F2_endless() {
    Q train histogram --data fixed.amat --set smoothing=0 --set joint=no --out h
    local got=0
    timeout 20 "${likely[@]}" score h --data unseen.amat --against h --labels unseen_labels.txt \
        >"$T/log" 2>"$T/stderr" || got=$?
    [[ $got -le 1 ]] || fail "status $got"
    [[ $got -eq 0 ]] || grep -q 'example' "$T/stderr" || fail "$(cat "$T/stderr")"
}
reports_F4_one_bit() {
    grey_model
    local wide
    wide=$(nll g --data bw8.png)
    if L eval g --data bw1.png >"$T/log" 2>"$T/stderr"; then
        near "$(nll g --data bw1.png)" "$wide" 1e-6 || fail "$(nll g --data bw1.png), not $wide"
        Q sample g --given bw1.png --given-rows 4 --count 1 --plain --out one.png
        Q sample g --given bw8.png --given-rows 4 --count 1 --plain --out eight.png
        cmp one.png eight.png || fail "white is black"
    fi
}
reports_F5_columns() {
    Q train bayesnet --data wet_train.csv --set graph=wet.dag --set hidden=8 --epochs 5 --out b
    near "$(nll b --data wet_test.csv)" "$(nll b --data wet_test_other_order.csv)" 1e-9 ||
        fail "other figures"
}
reports_F6_stdin() {
    text_model t 1
    Q compress t --data text.txt --out o.lk
    if cat o.lk | L decompress t --data /dev/stdin --out p.txt >"$T/log" 2>"$T/stderr"; then
        cmp p.txt text.txt || fail "restored"
    else
        grep -q 'regular file' "$T/stderr" || fail "$(cat "$T/stderr")"
    fi
}
reports_F9_advice() {
    grey_model
    refused 'of one size' score g --data sizes
    ! grep -q -- '--crop' "$T/stderr" || fail "$(cat "$T/stderr")"
    refused 'of one size' compress g --data sizes --out o.lk
    ! grep -q -- '--crop' "$T/stderr" || fail "$(cat "$T/stderr")"
}
reports_P1_pgm() {
    grey_model
    L eval g --data picture.pgm >"$T/log" 2>"$T/stderr" ||
        refused 'PGM.*PNG' eval g --data picture.pgm
}
reports_P2_late() {
    grey_model
    Q compress g --data grey.npy --out o.lk
    refused 'jpg' decompress g --data o.lk --out x.jpg
    local began=$SECONDS
    refused 'pbm' sample g --count 30000 --out x.pbm
    [[ $((SECONDS - began)) -le 5 ]] || fail "refused after all the drawing"
}
reports_P8_larger() {
    Q train pixelcnn --data channels_last.npy --set blocks=1 --set channels=4 --set head=8 \
        --epochs 3 --learning-rate 0.01 --batch-size 10 --out cl
    told 'larger than what was compressed' compress cl --data photo.jpg --out o.lk
}

# Rows of tests/cases_test.sh that wait for other parts: paste above "# ---- all".
files_B_appended() {
    three
    echo first >"$T/all"
    L decompress "$T/t" --data "$T/t.lk" --out /dev/stdout --quiet >>"$T/all" 2>"$T/stderr"
    [[ $(head -1 "$T/all") == first && $(wc -c <"$T/all") -gt 7 ]] || fail "$(cat "$T/all")"
}
files_B_between() {
    three
    {
        echo head
        L decompress "$T/t" --data "$T/t.lk" --out /dev/stdout --quiet 2>"$T/stderr"
        echo foot
    } >"$T/all"
    [[ $(head -1 "$T/all") == head && $(tail -1 "$T/all") == foot &&
        $(wc -c <"$T/all") -gt 11 ]] || fail "$(cat "$T/all")"
}
files_B_container_through_a_pipe() {
    three
    L compress "$T/t" --data three.amat --out /dev/stdout --quiet 2>"$T/stderr" | cat >"$T/p.lk"
    cmp "$T/p.lk" "$T/t.lk" || fail "result lines follow the container"
    Q decompress "$T/t" --data "$T/p.lk" --out "$T/v.amat"
    cmp "$T/v.amat" three.amat || fail "other values"
}
files_B_dash() {
    three
    if L compress "$T/t" --data three.amat --out - --quiet >"$T/o.lk" 2>"$T/stderr"; then
        cmp "$T/o.lk" "$T/t.lk" || fail "--out - writes something else"
    else
        grep -q '/dev/stdout' "$T/stderr" || fail "$(cat "$T/stderr")"
    fi
    [[ ! -e - ]] || fail "a file called -"
    L eval "$T/t" --data - <three.amat >"$T/log" 2>"$T/stderr" ||
        grep -q '/dev/stdin' "$T/stderr" || fail "$(cat "$T/stderr")"
}
files_B_model_through_a_pipe() {
    L train uniform --data three.amat --out /dev/stdout --quiet 2>"$T/stderr" | cat >"$T/t"
    Q info "$T/t"
}
files_B_out_is_the_model() {
    three
    cp "$T/t" "$T/kept"
    refused '.' compress "$T/t" --data three.amat --out "$T/t"
    cmp "$T/t" "$T/kept" || fail "the model is overwritten"
    cp three.amat "$T/d"
    refused '.' train uniform --data "$T/d" --out "$T/d"
    cmp "$T/d" three.amat || fail "the data are overwritten"
}
files_C_deep() { # a PNG of 16 bits holds them
    if restore deep.npy o.png; then
        Q train uniform --data "$T/o.png" --out "$T/p"
        Q compress "$T/p" --data "$T/o.png" --out "$T/p.lk"
        Q decompress "$T/p" --data "$T/p.lk" --out "$T/v.csv"
        cmp <(seq 0 1000 63000 | paste -sd,) "$T/v.csv" || fail "other: $(head -c 60 "$T/v.csv")"
    fi
}
files_D_n1hw() { told 'are taken as .*28, 28, 1' train uniform --data n1hw.npy --out "$T/m"; }
files_D_nchw() {
    told 'are taken as .*8, 8, 3' train uniform --data nchw.npy --out "$T/m"
    told 'are taken as .*8, 8, 3' train uniform --data nchw.npy --shape 8x8x3 --out "$T/m"
}
reports_F3_data() {
    text_model t 1
    grey_model
    Q train histogram --data fixed.amat --set joint=no --out h
    cp text.txt c
    refused '.' score t --data c --out c
    cmp c text.txt || fail "score"
    cp grey.npy c
    refused '.' train histogram --data c --out c
    cmp c grey.npy || fail "train"
    cp bw8.png c.png
    refused '.' sample g --given c.png --count 1 --out c.png
    cmp c.png bw8.png || fail "sample"
    cp unseen_labels.txt c
    refused '.' score h --data unseen.amat --labels c --out c
    cmp c unseen_labels.txt || fail "labels"
}
reports_F3_model() {
    text_model t 1
    cp t t2
    refused '.' compress t2 --data text.txt --out t2
    cmp t t2 || fail "the model is gone"
}
reports_F5_graph() {
    Q train bayesnet --data wet_train.csv --set graph=wet.dag --set hidden=8 --epochs 60 --out b
    if L train bayesnet --data wet_train.csv --set graph=wet_other_order.dag --set hidden=8 \
        --epochs 60 --out b2 --quiet >"$T/log" 2>"$T/stderr"; then
        near "$(nll b --data wet_test.csv)" "$(nll b2 --data wet_test.csv)" 0.02 ||
            fail "$(nll b --data wet_test.csv) and $(nll b2 --data wet_test.csv)"
    else
        grep -q 'order' "$T/stderr" || fail "$(cat "$T/stderr")"
    fi
}
reports_F6_stdout() {
    text_model t 1
    Q compress t --data text.txt --out o.lk
    L compress t --data text.txt --out /dev/stdout 2>"$T/stderr" | cat >p.lk
    Q decompress t --data p.lk --out p.txt
    cmp p.txt text.txt || fail "restored"
    L decompress t --data o.lk --out /dev/stdout 2>"$T/stderr" | cmp - text.txt ||
        fail "a line too many"
}
# Packed text is unpacked, or refused; never taken for text.
reports_F7_gzipped() {
    text_model t 1
    local plain verb
    plain=$(number nats_per_symbol eval t --data text.txt)
    if L eval t --data text.txt.gz >"$T/log" 2>"$T/stderr"; then
        [[ $(number nats_per_symbol eval t --data text.txt.gz) == "$plain" ]] ||
            fail "other figures"
    fi
    for verb in eval score check; do
        L $verb t --data text.txt.gz >"$T/log" 2>"$T/stderr" || grep -q gzip "$T/stderr" ||
            fail "$verb: $(cat "$T/stderr")"
        grep -qE "$(stat -c %s text.txt.gz) bytes" "$T/log" && fail "$verb takes the packed bytes"
    done
    L train charrnn --data text.txt --valid text.txt.gz --text bytes --set width=16 \
        --set layers=1 --epochs 1 --batch-size 4 --out tz --quiet >"$T/log" 2>"$T/stderr" ||
        grep -q gzip "$T/stderr" || fail "--valid: $(cat "$T/stderr")"
    L sample t --prompt-file text.txt.gz --length 5 >"$T/log" 2>"$T/stderr" ||
        grep -q gzip "$T/stderr" || fail "--prompt-file: $(cat "$T/stderr")"
}
reports_F8_diverged() {
    ! L train conv1d --data text.txt --text bytes --epochs 1 --learning-rate 1e9 --optimizer sgd \
        --out dv --quiet >"$T/log" 2>"$T/stderr" || refused '.' sample dv --length 10
    [[ ! -e dv ]] || fail "a model of nothing is written"
}
reports_P11_permissions() {
    text_model t 1
    umask 022
    cp text.txt s
    chmod 600 s
    Q compress t --data s --out s.lk
    [[ $(stat -c %a s.lk) == 600 ]] || fail "s.lk has $(stat -c %a s.lk)"
    touch o
    chmod 600 o
    Q decompress t --data s.lk --out o
    [[ $(stat -c %a o) == 600 ]] || fail "o has $(stat -c %a o)"
}
reports_P4_tiles() {
    told 'alphabet' train pixelcnn --data tiles.npy --set blocks=1 --set channels=4 --set head=4 \
        --epochs 1 --batch-size 10 --out ti
    Q train pixelcnn --data tiles_int64.npy --set blocks=1 --set channels=4 --set head=4 \
        --epochs 1 --batch-size 10 --out t64
}
reports_P5_index_column() {
    told 'row number|left out|index' train made --data wet_train_pandas.csv --set hidden=16 \
        --epochs 1 --out pd
}
reports_P6_channels_first() {
    (told 'are taken as|3x6x6' train pixelcnn --data channels_first.npy --shape 6x6x3 \
        --set blocks=1 --set channels=4 --set head=4 --epochs 1 --out cf) ||
        refused 'are taken as|3x6x6' train pixelcnn --data channels_first.npy --shape 6x6x3 \
            --out cf
    Q train pixelcnn --data channels_last.npy --set blocks=1 --set channels=4 --set head=4 \
        --epochs 1 --out cl
    (told 'are taken as|3x6x6' eval cl --data channels_first.npy --shape 6x6x3) ||
        refused 'are taken as|3x6x6' eval cl --data channels_first.npy --shape 6x6x3
}
reports_P7_utf16() {
    (told 'UTF-16' train charrnn --data text_utf16.txt --text utf8 --set width=16 --set layers=1 \
        --epochs 1 --batch-size 4 --out u) ||
        refused 'UTF-16' train charrnn --data text_utf16.txt --text utf8 --out u
}

# ---- all -----------------------------------------------------------------------------------------
# run_row NAME: in its folder, by itself; says what is wrong
run_row() (
    trap - EXIT
    T=$work/$1.scratch
    mkdir "$T"
    cp -r "$cases/${1%%_*}" "$work/$1"
    chmod -R u+w "$work/$1"
    cd "$work/$1"
    "$1"
)
failed=()
for row in $(declare -F | sed -nE 's/^declare -f ((files|reports)_.*)/\1/p'); do
    [[ $row == ${CASES:-*} ]] || continue
    run_row "$row" >"$work/$row.log" 2>&1 & # set -e would not act in a condition
    if wait $!; then
        checks=$((checks + 1))
    else
        failed+=("$row: $(tail -1 "$work/$row.log")")
    fi
    rm -rf "${work:?}/$row" "$work/$row.scratch"
done
[[ ${#failed[@]} -eq 0 ]] || fail "$(printf '%s\n' "${#failed[@]} rows" "${failed[@]}")"
finish
