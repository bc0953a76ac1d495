#!/usr/bin/env bash
# Recordings from the command's side: read as what they are, trained on, evaluated, drawn,
# continued, compressed and restored sample for sample, scored; and what is refused.
source "$(dirname "$0")/lib.sh"
cd "$work"

mkdir -p voices/low voices/high
make_wav voices/low/a.wav 1 700 1
make_wav voices/low/b.wav 1 1 2
make_wav voices/high/c.wav 1 501 3
make_wav stereo.wav 2 600 4
echo "no sound" >voices/readme.txt
small="--set layers=3 --set channels=6 --set gates=6 --set skip=8 --epochs 1 --quiet --window 64"

# ---- training: what is told, classes of folders, views, channels
# shellcheck disable=SC2086
run train wavenet --data voices --out v.likely --condition label --epochs 1 --window 64 \
    --set layers=2 --set channels=4 >/dev/null 2>"$work/told"
grep -q "as --view mulaw says" told || fail "the view is not told: $(cat told)"
# shellcheck disable=SC2086
run train wavenet --data voices --out held.likely ${small/--quiet/} --valid-fraction 0.4 \
    >/dev/null 2>"$work/held"
grep -q "1 of 3 recordings are held out at random" held || fail "what is held out: $(cat held)"
grep -q "file of another kind" told || fail "what is left out is not told: $(cat told)"
run info v.likely >info
grep -q "1 channel at 8000 frames a second, as mulaw (mu 255" info || fail "$(cat info)"
grep -qE '^past +[0-9]+ bytes are read of each stream, [0-9]+ held' info || fail "$(cat info)"
for view in mulaw linear8 bytes; do
    # shellcheck disable=SC2086
    run train wavenet --data voices --view $view --out $view.likely $small >/dev/null
    run check $view.likely >check || fail "check of $view: $(cat check)"
done
# shellcheck disable=SC2086
run train conv1d --data stereo.wav --view pcm16 --out pcm16.likely --set distribution=logistic \
    --set layers=2 --set channels=4 --epochs 1 --quiet --window 64 >/dev/null
# shellcheck disable=SC2086
run train wavenet --data stereo.wav --view bytes --out stereo.likely $small >/dev/null
for channel in 2 mix; do
    # shellcheck disable=SC2086
    run train wavenet --data stereo.wav --channel $channel --out $channel.likely $small >/dev/null
    run check $channel.likely >check || fail "check of channel $channel: $(cat check)"
done
for model in pcm16 stereo; do
    run check $model.likely --data stereo.wav >check || fail "check of $model: $(cat check)"
done
checks=$((checks + 9))

# A pipe, or what is open already, is told as its file is.
# shellcheck disable=SC2086
run train wavenet --data stereo.wav --view bytes --out file.likely $small >/dev/null
# shellcheck disable=SC2086
run train wavenet --data - --view bytes --out open.likely $small <stereo.wav >/dev/null
# shellcheck disable=SC2086
run train wavenet --data <(cat stereo.wav) --view bytes --out pipe.likely $small >/dev/null
for model in open pipe; do
    expect_same <(run info file.likely --json | grep fingerprint) \
        <(run info $model.likely --json | grep fingerprint) "trained on what is $model"
done

# ---- evaluation: each from its beginning; the same samples score alike in WAV and FLAC
run eval bytes.likely --data voices --out eval.csv >/dev/null
[[ $(wc -l <eval.csv) -eq 4 ]] || fail "eval has other rows: $(cat eval.csv)"
run compress bytes.likely --data voices/low/a.wav --out a.lk >/dev/null
run decompress bytes.likely --data a.lk --out a.flac >/dev/null
run eval bytes.likely --data voices/low/a.wav --json >wav.json
run eval bytes.likely --data a.flac --json >flac.json
[[ $(json wav.json nll_nats) == $(json flac.json nll_nats) ]] || fail "WAV and FLAC differ"
expect_status 1 "by the view linear8, but mulaw.likely by mulaw" \
    eval mulaw.likely linear8.likely --data voices
checks=$((checks + 2))

# ---- compression: sample for sample, in its format or another; folders; lanes and chunks
restored() { # MODEL DATA WHAT ARGUMENTS...
    local model=$1 data=$2 what=$3
    shift 3
    run compress "$model" --data "$data" --out r.lk "$@" >/dev/null
    run decompress "$model" --data r.lk --out r.wav >/dev/null
    expect_same r.wav "$data" "$what"
}
restored bytes.likely voices/low/a.wav "bytes"
restored bytes.likely voices/low/b.wav "one sample"
restored bytes.likely voices/low/a.wav "learning" --adapt 0.0005
restored stereo.likely stereo.wav "two channels"
restored stereo.likely stereo.wav "odd chunks and lanes" --chunk-symbols 333 --lanes 5
restored pcm16.likely stereo.wav "16 bits" --lanes 3
run compress bytes.likely --data a.flac --out f.lk >/dev/null
run decompress bytes.likely --data f.lk --out f >/dev/null
expect_same f a.flac "a FLAC stays one"
run compress bytes.likely --data voices --out folder.lk >/dev/null
run decompress bytes.likely --data folder.lk --out again >/dev/null
for file in low/a low/b high/c; do
    expect_same again/$file.wav voices/$file.wav "$file of a folder"
done
run sample linear8.likely --length 701 --out eight.wav >/dev/null
run sample linear8.likely --length 701 --out odd.aiff >/dev/null
for file in eight.wav odd.aiff; do
    run eval linear8.likely --data $file --json | grep nll_nats >$file.nll
done
expect_same eight.wav.nll odd.aiff.nll "an AIFF of an odd number of samples of 8 bits"
run sample linear8.likely --length 700 --out eight.aiff >/dev/null
restored bytes.likely eight.wav "8 bits stay 8"
restored linear8.likely eight.wav "8 bits of a model of 8"
run compress bytes.likely --data eight.aiff --out e.lk >/dev/null
run decompress bytes.likely --data e.lk --out e >/dev/null
expect_same e eight.aiff "and so does an AIFF of them"
{ head -c 24 eight.wav && printf '\xA1\x86\1\0' && tail -c +29 eight.wav; } >rate.wav # 100001
run compress bytes.likely --data rate.wav --out r.lk >/dev/null
expect_status 1 "1 channels at 100001 frames a second: name it .wav" \
    decompress bytes.likely --data r.lk --out r.flac
run decompress bytes.likely --data a.lk --out - 2>/dev/null | cat >piped.wav
expect_same piped.wav voices/low/a.wav "into a pipe"
expect_status 1 "mulaw, 8 bits .*--lossy codes that much; .*train --view bytes" \
    compress mulaw.likely --data voices/low/a.wav --out x.lk
expect_status 1 "of one channel" compress 2.likely --data stereo.wav --out x.lk
run compress mulaw.likely --data voices/low/a.wav --out lossy.lk --lossy >/dev/null
run decompress mulaw.likely --data lossy.lk --out lossy.wav >/dev/null
restored mulaw.likely lossy.wav "what mu-law gave is its own" --lossy
run compress bytes.likely --data voices/low/a.wav --out d.lk --chunk-symbols 400 >/dev/null
printf '\x55' | dd of=d.lk bs=1 seek=$(($(wc -c <d.lk) / 2)) conv=notrunc 2>/dev/null
expect_status 1 "damaged" decompress bytes.likely --data d.lk --out d.wav
run decompress bytes.likely --data d.lk --out d.wav --salvage >/dev/null
run eval bytes.likely --data d.wav >/dev/null || fail "what was salvaged is no recording"

# ---- sampling: the same bytes each time; a beginning is continued
run sample stereo.likely --length 50 --seed 3 --out s1.wav >/dev/null
run sample stereo.likely --length 50 --seed 3 --out s2.wav --schedule naive >/dev/null
expect_same s1.wav s2.wav "sampling by the naive schedule"
run sample stereo.likely --given stereo.wav --length 10 --out c.wav >said
grep -q "seconds of sound a second" said || fail "$(cat said)"
[[ $(wc -c <c.wav) -eq $((44 + 4 * 610)) ]] || fail "a continuation of another length"
cp stereo.wav other.wav
printf '%b' "$(le 44100 4)" | dd of=other.wav bs=1 seek=24 conv=notrunc 2>/dev/null
run sample stereo.likely --given other.wav --length 10 --out o.wav >/dev/null 2>told
grep -q "sounds slower" told || fail "another rate is not told: $(cat told)"
cmp <(tail -c +45 stereo.wav) <(tail -c +45 c.wav | head -c 2400) || fail "another beginning"
run sample v.likely --label low --length 20 --count 2 --out two.flac >/dev/null
[[ -f two-1.flac && -f two-2.flac ]] || fail "two recordings are no two files"
expect_status 1 "recordings are not written as .ogg" sample v.likely --label low --length 9 \
    --out x.ogg
expect_status 1 "recordings are not written as .gz" sample v.likely --label low --length 9 \
    --out x.wav.gz
expect_status 2 "takes one recording" sample v.likely --label low --length 9 --count 2 --out -
expect_status 2 "models of texts" sample v.likely --label low --prompt abc --out x.wav

# ---- scores
run score bytes.likely --data voices --out score.csv --map map.png --top 2 >said
[[ $(wc -l <score.csv) -eq 4 ]] || fail "not a row for each recording: $(cat score.csv)"
grep -q "map of recording" said || fail "$(cat said)"
run score bytes.likely --data voices/low/a.wav --map of-file.png >/dev/null
run score bytes.likely --data - --map of-pipe.png <voices/low/a.wav >/dev/null
expect_same of-pipe.png of-file.png "the map of what came through a pipe"
[[ $(head -c 4 map.png | tail -c 3) == PNG ]] || fail "the map is no PNG"
expect_status 2 "NAME.png" score bytes.likely --data voices --map map.html

# ---- what is refused
head -c 500 voices/low/a.wav >cut.wav
expect_status 1 "cut off" eval bytes.likely --data cut.wav
run compress bytes.likely --data voices/low/a.wav --out kinds.lk >/dev/null
for kind in au caf w64; do
    run decompress bytes.likely --data kinds.lk --out "whole.$kind" >/dev/null
    run eval bytes.likely --data "whole.$kind" >/dev/null || fail "$kind is not read"
    head -c $(($(wc -c <"whole.$kind") - 101)) "whole.$kind" >"cut.$kind"
    expect_status 1 "cut off" eval bytes.likely --data "cut.$kind"
done
# An RF64: the lengths stand in its first chunk.
{
    printf 'RF64\xff\xff\xff\xffWAVEds64%b' "$(le 28 4)"
    printf '%b%b%b%b' "$(le 0 8)" "$(le 1400 8)" "$(le 700 8)" "$(le 0 4)"
    head -c 36 voices/low/a.wav | tail -c +13
    printf 'data\xff\xff\xff\xff'
    tail -c +45 voices/low/a.wav
} >whole.rf64.wav
run eval bytes.likely --data whole.rf64.wav >/dev/null || fail "RF64 is not read"
head -c 1000 whole.rf64.wav >cut.rf64.wav
expect_status 1 "cut off" eval bytes.likely --data cut.rf64.wav
for verb in eval score; do # a frame of bytes has two symbols
    expect_status 1 "give a multiple" $verb bytes.likely --data voices/low/a.wav --symbols 3
    expect_status 1 "give a multiple" $verb bytes.likely --data voices/low/a.wav --from -101
done
# Two chunks of samples (findings/sound_chunks.sh).
{
    printf 'RIFF%bWAVE' "$(le $((36 + 1400 + 8 + 40)) 4)"
    tail -c +13 voices/low/a.wav
    printf 'data%b' "$(le 40 4)"
    head -c 84 voices/low/a.wav | tail -c 40
} >two.wav
expect_status 1 "two.wav: has two chunks of samples" eval bytes.likely --data two.wav
mkdir junk
echo "no sound" >junk/a.wav
expect_status 1 "junk/a.wav: " train wavenet --data junk --out x.likely
make_wav junk/b.wav 1 300 1
expect_status 1 "junk/a.wav: " train wavenet --data junk --out x.likely
make_wav none.wav 1 0 1
expect_status 1 "no samples" eval bytes.likely --data none.wav
{
    printf 'RIFF\x44\x03\0\0WAVEfmt \x10\0\0\0\x03\0\x01\0\x40\x1f\0\0\0\x7d\0\0\x04\0\x20\0'
    printf 'data\x20\x03\0\0'
    head -c 400 /dev/zero
    printf '\0\0\xc0\x7f'
    head -c 396 /dev/zero
} >nan.wav
expect_status 1 "nan.wav: frame 100 is no number" eval bytes.likely --data nan.wav
expect_status 1 "nan.wav: frame 100 is no number" \
    train wavenet --data voices/low/a.wav --valid nan.wav --out x.likely --quiet
expect_status 1 "no sound file" eval bytes.likely --data voices/readme.txt
expect_status 1 "2 channels, where 1" eval bytes.likely --data stereo.wav
expect_status 1 "no channel 9" \
    train wavenet --data stereo.wav --channel 9 --view mulaw --out x.likely
expect_status 1 "a.wav: the recording has 1 channel, and no channel 2" \
    train wavenet --data voices/low/a.wav --channel 2 --out x.likely
mkdir mixed
cp stereo.wav mixed/a.wav
cp voices/low/a.wav mixed/b.wav
# shellcheck disable=SC2086
run train wavenet --data mixed --valid stereo.wav --channel 2 --out x.likely ${small/--quiet/} \
    >/dev/null 2>told
grep -q "of 2 recordings 1 had but one channel, which was taken for channel 2" told ||
    fail "what is taken for another channel is not told: $(cat told)"
expect_status 1 "of recordings there are" \
    train wavenet --data stereo.wav --view bits:4 --out x.likely
expect_status 1 "which made does not take; these do" train made --data stereo.wav --out x.likely
# An option of recordings hides no other cause.
printf 'ID3\4\0\0\0\0\0\2..\xff\xfb\x90\0' >song.mp3
mkdir empty
for option in "--channel 1" "--view bytes"; do
    for row in "missing.wav|cannot open: No such file" "empty|and the folder has none" \
        "song.mp3|and this is MP3 audio; convert it" "voices/readme.txt|and this is a text"; do
        # shellcheck disable=SC2086
        expect_status 1 "${row%|*}: .*${row#*|}" \
            train wavenet --data "${row%|*}" $option --out x.likely
    done
done
expect_status 1 "not read as such with --text" \
    train wavenet --data voices/low/a.wav --text bytes --channel 1 --out x.likely
expect_status 1 "channel is of new models" \
    train --from mulaw.likely --data voices --channel 1 --out x.likely
make_wav fast.wav 1 300 7 16000
run eval bytes.likely --data fast.wav >said
grep -q "16000 frames a second, and not 8000" said || fail "another rate is not told: $(cat said)"
finish
