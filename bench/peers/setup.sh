#!/usr/bin/env bash
# The environment of the peers, PyTorch, JAX and MKL of today, their versions pinned: setup.sh VENV
# Nothing is done where it is there; where it cannot be fetched, one line says so.
set -euo pipefail
venv=${1:?setup.sh VENV}
here=$(dirname "$0")
version=$(sed -n 's/^torch==//p' "$here/requirements.txt")
jax=$(sed -n 's/^jax==//p' "$here/requirements.txt")

has_torch() {
    "$venv/bin/python" 2>/dev/null - <<END
import importlib.util, torch
assert torch.__version__.split("+")[0] == "$version"
END
}
has_all() {
    compgen -G "$venv/lib/libmkl_rt.so.*" >/dev/null && has_torch &&
        "$venv/bin/python" 2>/dev/null - <<END
import importlib.util, jax
assert jax.__version__ == "$jax" and importlib.util.find_spec("wavenet_vocoder")
END
}
refuse() { echo "bench-peers: $*" >&2 && exit 1; }

has_all && exit 0
python3 -m venv "$venv" >/dev/null || refuse "python3 has no venv (apt-get install python3-venv)"
pip=("$venv/bin/pip" --disable-pip-version-check --quiet --retries 1)
none="PyTorch $version cannot be fetched from PyPI: without a network there is no comparison"
"${pip[@]}" install --no-deps --dry-run "torch==$version" 2>/dev/null || refuse "$none"
echo "PyTorch $version and JAX $jax go to $venv (4 GB)"
"${pip[@]}" install --no-deps -r "$here/requirements.txt" 2>/dev/null || refuse "$none"
# Where no CUDA libraries are installed, PyTorch's own are needed, though none is used.
has_torch || "${pip[@]}" install "torch==$version" 2>/dev/null ||
    refuse "the libraries of PyTorch $version cannot be fetched from PyPI"
has_all || refuse "PyTorch $version or JAX $jax cannot be imported from $venv"
