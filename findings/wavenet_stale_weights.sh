#!/usr/bin/env bash
# The cached sampler of wavenet_vocoder 0.1.1, PyTorch's WaveNet on PyPI, with PyTorch 2.15.0: does
# it follow its weights? A model draws (or is told) a few samples, gets other weights by
# load_state_dict(), and is asked again; its forward() on the same recording says what is right.
#
# Guess, written down first: weights are re-read whenever a recording begins, so that the cached
# path says what forward() says, before and after; and a batch of three draws three recordings.
#
# Seen: before, both agree to 2e-9. After load_state_dict() the cached path goes on with the weights
# it first saw, while forward() has the new ones: nothing but a backward pass clears the copies that
# it laid out for its steps. So a sample drawn after loading a better checkpoint is of the old one,
# without a word. A batch of three cannot be drawn: ValueError from numpy.random.choice, which is
# given the three distributions as one.
#
# What follows for us: what a schedule derives from weights (packed, normed) is made anew whenever a
# batch begins, and between steps by lk_execution_weights_changed(), which graph/window_made_test
# holds to the weights that are new; in bench/peers caches are built after weights are loaded.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
# PyTorch's own list is 3 GB of CUDA libraries; these are what it loads.
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps torch==2.15.0 \
    numpy==2.4.6 filelock==4.3.1 typing-extensions==4.16.0 setuptools==84.2.1 sympy==1.14.0 \
    mpmath==1.3.0 networkx==3.6.1 jinja2==3.1.6 markupsafe==3.0.4 fsspec==2026.9.0 \
    nvidia-cufile==1.17.1.22 nvidia-cusparselt-cu13==0.8.1 nvidia-nccl-cu13==2.30.7 \
    nvidia-nvshmem-cu13==3.7.2 wavenet_vocoder==0.1.1
"$folder/venv/bin/python" -c 'import torch' 2>/dev/null ||
    "$folder/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.15.0
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'EOF_PYTHON'
import sys

import torch
from wavenet_vocoder import WaveNet

LEVELS, LENGTH = 256, 20
torch.manual_seed(1)


def model():
    return WaveNet(out_channels=LEVELS, layers=4, stacks=2, residual_channels=8, gate_channels=16,
                   skip_out_channels=8, kernel_size=2, dropout=0).eval()


@torch.no_grad()
def apart(m, x):
    whole = m(x, softmax=True)
    steps = m.incremental_forward(test_inputs=x, T=LENGTH, softmax=True, quantize=False)
    return ((whole - steps).abs() / whole).max().item()


symbols = torch.randint(LEVELS, (1, LENGTH))
x = torch.nn.functional.one_hot(symbols, LEVELS).transpose(1, 2).float()
one, other = model(), model()
before = apart(one, x)
one.load_state_dict(other.state_dict())
after = apart(one, x)
try:
    model().incremental_forward(test_inputs=x.repeat(3, 1, 1)[:, :, :1], T=5)
    batch = "drawn"
except ValueError as error:
    batch = f"ValueError: {error}"
print(f"cached against whole, relative: {before:.1e} before load_state_dict(), {after:.1e} after")
print(f"a batch of three: {batch}")
same = before < 1e-5 and after > 1e-2 and batch.startswith("ValueError")
print("as stated" if same else "CHANGED")
sys.exit(not same)
EOF_PYTHON
