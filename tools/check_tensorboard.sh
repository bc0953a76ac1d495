#!/bin/bash
# Reads what `likely train --log` writes with TensorBoard's own reader. It wants the package
# tensorboard (python3 -m pip install tensorboard), so it stands outside CI, where train/events_test
# compares the bytes. usage: tools/check_tensorboard.sh [BUILD], with $PYTHON where it is installed
set -euo pipefail
likely=$(realpath "${1:-build}/likely")
python=${PYTHON:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" - "$work" <<'PY'
import random, sys
random.seed(1)
with open(sys.argv[1] + "/train.txt", "w") as f:
    for _ in range(200):
        print(*[random.choice("01") for _ in range(64)], file=f)
with open(sys.argv[1] + "/text.txt", "w") as f:
    f.write("so it goes and so it went. " * 2000)
PY
"$likely" train made --data "$work/train.txt" --shape 8x8x1 --set hidden=20 --epochs 5 --quiet \
    --out "$work/m" --log "$work/pictures" >"$work/said"
"$likely" train charrnn --data "$work/text.txt" --text bytes --set width=16 --epochs 1 --quiet \
    --out "$work/t" --log "$work/text" >>"$work/said"
"$python" - "$work" <<'PY'
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util import tensor_util
folder = sys.argv[1]
def read(name):
    events = EventAccumulator(f"{folder}/{name}", size_guidance={"scalars": 0, "images": 0})
    events.Reload()
    return events
events = read("pictures")
lines = [json.loads(line) for line in open(f"{folder}/pictures/log.jsonl")]
ends = {line["step"]: line for line in lines if "valid_nll_nats" in line}
tags = events.Tags()
wanted = {"nll/train", "nll/epoch", "nll/valid", "learning_rate", "examples_per_second"}
assert wanted <= set(tags["scalars"]), tags
valid = events.Scalars("nll/valid")
assert [e.step for e in valid] == sorted(ends) and len(valid) == 5, valid
for e in valid:
    assert abs(e.value - ends[e.step]["valid_nll_nats"]) < 1e-4 * e.value, (e, ends[e.step])
pictures = events.Images("samples")
assert pictures and pictures[-1].encoded_image_string.startswith(b"\x89PNG"), "no samples"
assert pictures[-1].width > 8 and pictures[-1].height > 8
text = read("text")
words = tensor_util.make_ndarray(text.Tensors("samples/text_summary" if "samples/text_summary"
                                 in text.Tags()["tensors"] else "samples")[-1].tensor_proto)
assert words.shape == (1,) and len(words[0]) > 100, words
print(len(tags["scalars"]), "curves,", len(pictures), "sheets of samples and a text are read")
PY
