# Labels by the names of files and folders, of recordings, texts and pictures, for every verb that
# takes labels; the same as those of a file; and names that say nothing.
. "$(dirname "$0")/lib.sh"
cd "$work"

nats() { run eval "$@" --json >eval.json && json eval.json nll_nats; }

# ---- recordings, as DIGIT_SPEAKER-INDEX.wav
mkdir train valid strange
for digit in 0 1; do
    for index in 1 2; do
        make_wav train/${digit}_anna-$index.wav 1 200 $index
        make_wav train/${digit}_ben-$index.wav 1 150 $((index + 7))
    done
    make_wav valid/${digit}_anna-9.wav 1 90 3
    make_wav valid/${digit}_ben-9.wav 1 80 5
done
make_wav strange/0_carla-1.wav 1 60 1
small="--set layers=2 --set channels=4 --set gates=4 --set skip=4 --window 64 --epochs 1 --quiet"
# shellcheck disable=SC2086
train() { run train wavenet --data train --condition label --out "$@" $small >/dev/null; }
train named --valid valid --labels name:2 --valid-labels name:2
for i in 1 2 3 4; do echo anna; done >anna
{ cat anna; sed s/anna/ben/ anna; } >eight
ls train | sed 's/._\(.*\)-.*/\1/' >of-train
ls valid | sed 's/._\(.*\)-.*/\1/' >of-valid
train listed --valid valid --labels of-train --valid-labels of-valid
train followed --valid valid --labels name:2
for model in listed followed; do
    expect_same <(run info named --json | grep fingerprint) \
        <(run info $model --json | grep fingerprint) "labels by name are those of a file: $model"
done
run info named | grep -q "given labels    2: 'anna', 'ben'" || fail "$(run info named)"
train held --labels name:2 --valid-fraction 0.25
[[ $(nats named --data valid --labels name:2) = $(nats named --data valid --labels of-valid) ]] ||
    fail "eval by name and by file"
[[ $(nats named --data valid/1_ben-9.wav --labels name:2) = \
    $(nats named --data valid/1_ben-9.wav --labels <(echo ben)) ]] || fail "eval of one file"
run eval named --data valid --labels name:2 --classify | grep -q "most probable of 2 labels" ||
    fail "classes by name"
run score named --data valid --labels name:2 --out scores.csv >/dev/null
run check named --data valid --labels name:2 >check || fail "$(cat check)"
run compress named --data valid --labels name:2 --lossy --out c >/dev/null
run compress named --data valid --labels of-valid --lossy --out c2 >/dev/null
expect_same c c2 "compressed by names"
checks=$((checks + 6))
# The speaker of a beginning goes on.
begun() { run sample named --given valid/1_ben-9.wav --length 20 --out "$@" >/dev/null; }
begun b1.wav --labels name:2
begun b2.wav --label ben
begun b3.wav --labels <(echo anna)
expect_same b1.wav b2.wav "a beginning's own label"
! cmp -s b1.wav b3.wav || fail "another label draws the same"
expect_status 1 'label "carla"' sample named --given strange/0_carla-1.wav --labels name:2 \
    --length 5 --out b4.wav
[[ ! -e b4.wav ]] || fail "written before the refusal"
expect_status 2 'exclude each other' sample named --given b1.wav --label ben --labels name:2 \
    --out b4.wav
expect_status 2 'are of what is given' sample named --labels name:2 --out b4.wav

run sample named --label each --length 20 --out each.wav >/dev/null
run sample named --label ben --length 20 --count 2 --out ben.wav >/dev/null
expect_same each-2.wav ben-2.wav "one of each label"
[[ ! -e each-3.wav ]] || fail "more than one of each label"

# Names that say nothing, and labels that were never met.
expect_status 1 'strange/0_carla-1.wav: label "carla": .*say which it is to be taken for' \
    eval named --data strange --labels name:2
run eval named --data strange --labels <(echo anna) >/dev/null
expect_status 1 'strange: the model gives p\(x \| label\).*--labels PATH, or.*name:2' \
    eval named --data strange
expect_status 1 'valid/0_anna-9.wav: the name has 3 fields, .* field 4$' \
    eval named --data valid --labels name:4
expect_status 1 'valid/0_anna-9.wav: stands in no subfolder' eval named --data valid --labels folder
expect_status 1 'name:0: name:N takes field N' eval named --data valid --labels name:0
# shellcheck disable=SC2086
expect_status 1 'valid: there are no labels: .*--valid-labels' train wavenet --data train \
    --valid valid --condition label --labels of-train --out x $small

# A file of such a name is a file.
cp of-valid folder
cp of-valid name:2
[[ $(nats named --data valid --labels ./folder) = $(nats named --data valid --labels ./name:2) ]] ||
    fail "files named as rules"

# ---- texts, in folders and not; from the library's side too (names_test of src/library)
mkdir -p texts/up texts/down
for i in 1 2 3; do
    for ((j = 0; j < 30; j++)); do echo "abcdef $i"; done >texts/up/t_$i.txt
    for ((j = 0; j < 30; j++)); do echo "fedcba $i"; done >texts/down/t_$i.txt
done
text="--text utf8 --set width=8 --set layers=1 --window 16 --batch-size 4 --epochs 1 --quiet"
for labels in "" "--labels folder"; do
    # shellcheck disable=SC2086
    run train charrnn --data texts --condition label $labels --valid-fraction 0 \
        --out t"${labels: -1}" $text >/dev/null
done
expect_same <(run info t --json | grep fingerprint) <(run info tr --json | grep fingerprint) \
    "labels of folders are those of texts in them"
[[ $(nats t --data texts/up/t_1.txt --labels folder) = \
    $(nats t --data texts/up/t_1.txt --labels <(echo up)) ]] || fail "the folder of one text"
expect_same <(run sample t --prompt-file texts/up/t_1.txt --labels folder --length 30) \
    <(run sample t --prompt-file texts/up/t_1.txt --label up --length 30) "a text that goes on"

# ---- pictures
mkdir -p pictures/a pictures/b
for i in 1 2 3 4; do
    printf 'P2\n2 2\n3\n0 1\n2 %d\n' $((i % 4)) >pictures/a/x-dark_$i.pgm
    printf 'P2\n2 2\n3\n3 3\n2 %d\n' $((i % 4)) >pictures/b/x-light_$i.pgm
done
pictures() {
    run train made --data pictures --condition label --out "$@" --epochs 1 --quiet >/dev/null
}
pictures p --labels name:2
pictures q
run info p | grep -q "'dark', 'light'" || fail "$(run info p)"
[[ $(nats p --data pictures --labels name:2) = $(nats q --data pictures --labels folder) ]] ||
    fail "names and folders of pictures"
drawn() { run sample p --count 4 --given-variables 2 --out "$@" >/dev/null; }
drawn d1.npy --given pictures --labels name:2
drawn d2.npy --given pictures --labels <(for i in 1 2 3 4; do echo dark; done
    for i in 1 2 3 4; do echo light; done)
expect_same d1.npy d2.npy "labels of what is given"
drawn d3.npy --given pictures/b/x-light_1.pgm --labels name:2
drawn d4.npy --given pictures/b/x-light_1.pgm --label light
expect_same d3.npy d4.npy "the label of one picture"
echo 1 >held.txt
expect_status 1 'held.txt: values to be held have no labels' sample p --given held.txt --count 2 \
    --labels name:1 --out d5.npy
run compress p --data pictures --labels name:2 --out p.lk >/dev/null
run decompress p --data p.lk --out p.npy --labels p.txt >/dev/null
expect_same <(sort -u p.txt) <(printf 'dark\nlight\n') "labels of pictures are kept"
make_rows 20 4 1 >rows
expect_status 1 'rows: labels name:1: these examples are no files' eval p --data rows \
    --labels name:1
run train made --data rows --out plain --epochs 1 --quiet >/dev/null
expect_status 1 'folder: flags of 0 and 1 stand in a file' score plain --data rows --labels folder
finish
