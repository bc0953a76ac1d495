# What `train` refuses or says before the work: options that --from does not take, the size of the
# model, memory that a setting saves, fewer epochs than are done.
. "$(dirname "$0")/lib.sh"
make_rows 60 6 1 >"$work/rows"
for i in $(seq 60); do echo $((i % 2)); done >"$work/labels"
for i in $(seq 60); do echo "line $i of a text"; done >"$work/text"
train() { # OUT ARGUMENTS...
    run train made --set hidden=4 --epochs 3 --data "$work/rows" --out "$@" >/dev/null
}
train "$work/m" 2>"$work/told"
grep -qx 'made with 94 parameters: 0.00 MB in a file, about 0.00 MB to train and in a checkpoint' \
    "$work/told" || fail "no size is told: $(cat "$work/told")"
sed -n '1,/ parameters: /p' "$work/told" | grep -q '^epoch' && fail "the size is told too late"
train "$work/m" --quiet 2>"$work/told"
[[ ! -s $work/told ]] || fail "--quiet: $(cat "$work/told")"
train "$work/l" --labels "$work/labels" --condition label --quiet
run train charrnn --data "$work/text" --text utf8 --set width=4 --set layers=1 --window 16 \
    --epochs 1 --out "$work/t" --quiet >/dev/null
{ echo size,colour,n; for i in $(seq 60); do echo "$((i % 3)),c$((i % 2)),$((i % 4))"; done; } \
    >"$work/table"
run train made --data "$work/table" --condition colour --set hidden=4 --epochs 1 --quiet \
    --out "$work/c" >/dev/null
checks=$((checks + 3))

# --from keeps what the model is.
from() { # PATTERN MODEL DATA ARGUMENTS...
    local pattern=$1 model=$2 data=$3
    shift 3
    expect_status 1 "$pattern" train --from "$work/$model" --data "$work/$data" --epochs 1 --quiet \
        --out "$work/x" "$@"
    [[ ! -e $work/x ]] || fail "a model was written"
}
from 'the model of --from gives p\(x \| label\).*--labels' l rows
from 'condition label, but the model is given no labels' m rows --condition label
from 'text bytes, but the model is of characters \(utf8\)' t text --text bytes
from 'text utf8, but the model is of examples' m rows --text utf8
from 'condition size, but the model is given the column colour, which stays' c table \
    --condition size
from 'condition size, but the model is given labels that are no column' l rows \
    --labels "$work/labels" --condition size
from "alphabet 9, but the model's is 2, which stays" m rows --alphabet 9
from "shape 2x3x1, but the model's examples are 6, which stays" m rows --shape 2x3x1
from '--view is of new models' m rows --view bits:4
from '--order is of new models' m rows --order reversed
from '--window is of new models' t text --window 8
run train --from "$work/t" --data "$work/text" --text utf8 --epochs 1 --out "$work/x" --quiet \
    >/dev/null
run train --from "$work/l" --data "$work/rows" --labels "$work/labels" --condition label \
    --epochs 1 --out "$work/x" --quiet >/dev/null

# Fewer epochs than are done; as many, and more, go on.
cp "$work/m" "$work/before"
expect_status 1 '3 epochs are done, and 2 are asked for' train made --set hidden=4 --epochs 2 \
    --data "$work/rows" --out "$work/m" --resume --quiet
expect_same "$work/m" "$work/before" "a model written again"
train "$work/m" --resume --quiet
expect_same "$work/m" "$work/before" "no epoch more"
run train made --set hidden=4 --epochs 4 --data "$work/rows" --out "$work/m" --resume --quiet \
    >/dev/null

# Weights that are finite and give what is not: seen by the validation, or else at the end.
for held in 0.1 0; do
    expect_status 1 'NLL is not a number: lower the learning rate' train conv1d --text bytes \
        --data "$work/text" --valid-fraction $held --epochs 1 --batch-size 512 --optimizer sgd \
        --learning-rate 1e9 --out "$work/diverged" --quiet
    [[ ! -e $work/diverged ]] || fail "a model that diverged is written"
    rm -f "$work/diverged.checkpoint"
done

# Memory that a setting saves.
awk 'BEGIN { for (i = 0; i < 20; i++) print "20000 " i " 3" }' >"$work/wide"
expect_status 1 'direct=false leaves them out' train made --data "$work/wide" --memory 1G \
    --epochs 1 --out "$work/x" --quiet

# A folder that needs an option.
mkdir "$work/books"
cp "$work/text" "$work/books/one.txt"
expect_status 1 'a folder of texts needs --text bytes or --text utf8' train made \
    --data "$work/books" --out "$work/x"

# A checkpoint belongs to the model whose weights its training began with, and to its labels.
checkpoint() { # OUT ARGUMENTS...
    rm -f "$work/x" "$work/x.checkpoint"
    run train "$@" --epochs 1 --quiet --out "$work/x" >/dev/null
}
resumes_not() { # PATTERN ARGUMENTS...
    expect_status 1 "$1" train "${@:2}" --epochs 2 --quiet --out "$work/x" --resume
}
train "$work/n" --seed 2 --quiet
rows=(--data "$work/rows")
checkpoint --from "$work/m" "${rows[@]}"
resumes_not 'from was "[0-9a-f]{32}" .* and is "[0-9a-f]{32}" now' --from "$work/n" "${rows[@]}"
resumes_not 'from was "[0-9a-f]{32}" .* and is not set now' made --set hidden=4 "${rows[@]}"
run train --from "$work/m" "${rows[@]}" --epochs 2 --quiet --out "$work/x" --resume >/dev/null
checkpoint made --set hidden=4 "${rows[@]}"
resumes_not 'from was not set .* and is "[0-9a-f]{32}" now' --from "$work/m" "${rows[@]}"
labelled=(made --set hidden=4 "${rows[@]}" --condition label --valid-fraction 0)
checkpoint "${labelled[@]}" --labels "$work/labels"
tac "$work/labels" >"$work/other"
sed 's/1/2/' "$work/labels" >"$work/named"
resumes_not 'labels was ".*60 labels' "${labelled[@]}" --labels "$work/other"
resumes_not 'labels was ".*60 labels' "${labelled[@]}" --labels "$work/named"
run train "${labelled[@]}" --labels "$work/labels" --epochs 2 --quiet --out "$work/x" --resume \
    >/dev/null
# The validation array of an NPZ is used; where it is damaged the data are not split instead.
npy() { # ROWS BYTES
    printf '\223NUMPY\1\0\166\0%-117s\n%s' \
        "{'descr': '|u1', 'fortran_order': False, 'shape': ($1, 4), }" "$2"
}
npy 30 "$(printf '%0120d' 0)" >"$work/x_train.npy"
npy 5 'ABCDEFGHIJKLMNOPQRST' >"$work/x_val.npy"
python3 - "$work" <<'PYTHON'
import sys, zipfile
work = sys.argv[1]
with zipfile.ZipFile(work + "/own.npz", "w") as archive:
    for name in ("x_train.npy", "x_val.npy"):
        archive.write(work + "/" + name, name)
data = open(work + "/own.npz", "rb").read()
open(work + "/damaged.npz", "wb").write(data.replace(b"GHIJ", b"GHxJ"))
PYTHON
run train uniform --data "$work/own.npz" --out "$work/own" >/dev/null 2>"$work/stderr"
grep -q "own validation array (5 examples)" "$work/stderr" || fail "$(cat "$work/stderr")"
expect_status 1 'damaged.npz: .*x_val' train uniform --data "$work/damaged.npz" --out "$work/own"
run train uniform --data "$work/damaged.npz" --valid-fraction 0.1 --out "$work/own" --quiet \
    >/dev/null
finish
