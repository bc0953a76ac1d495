#!/usr/bin/env bash
# The Python package as a user gets it: builds the wheel, checks that it keeps to the stable ABI,
# and runs python/tests in two empty environments, where the wheel is installed with the newest
# (python/tests/newest.txt) and with the oldest (oldest.txt) of what it works with. The oldest are
# of CPython 3.9 where there is one, as python3.9 or of pyenv; else of the same Python. Needs PyPI:
# exits with 77 and one line where it cannot be reached.
#   tools/python_test.sh             all of that
#   tools/python_test.sh --quick     no wheel: the extension from the library that is in build/
#                                    already, beside the sources
#   PYTHON=..., OLDEST=...           other Pythons
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
venv=build/python-venv
wheels=build/python-wheels
export PIP_DISABLE_PIP_VERSION_CHECK=1

fits='import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 9))'
if ! "$python" -c "$fits" 2>/dev/null; then
    echo "python_test: $python is not Python 3.9 or newer with venv (Debian: python3-venv)" >&2
    exit 77
fi

# CPython 3.9, else the same as for the newest.
find_oldest() {
    local candidate root
    root=$(pyenv root 2>/dev/null || true)
    for candidate in "${OLDEST:-}" python3.9 "${root:-/nowhere}"/versions/3.9.*/bin/python3.9; do
        if [[ -n $candidate ]] && "$candidate" -c "$fits" 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "$python"
}

rm -rf "$venv" "$venv-oldest" "$wheels"
"$python" -m venv "$venv"
if ! "$venv/bin/pip" download --quiet --no-deps --retries 0 --timeout 15 --dest "$wheels" \
    scikit-build-core >"$venv/reached.log" 2>&1; then
    echo "python_test: PyPI cannot be reached, and what is needed comes from there" >&2
    exit 77
fi
rm -rf "$wheels"

installed=()
if [[ ${1:-} == --quick ]]; then
    # The option is taken back, so that the next build asks for no Python.
    trap 'cmake -B build -DLIKELY_PYTHON=OFF >build/python.log' EXIT
    cmake -B build -DLIKELY_PYTHON=ON -DPython_EXECUTABLE="$PWD/$venv/bin/python" >build/python.log
    cmake --build build --parallel "$(nproc)" --target likely_python
    mkdir "$wheels"
    cp -r python/likely "$wheels"
    cp -f build/python/_likely.abi3.so "$wheels/likely"
    export PYTHONPATH=$PWD/$wheels
    what="beside the sources"
else
    # The build folder is kept: what has not changed is not compiled again.
    "$venv/bin/pip" wheel --quiet --no-deps --wheel-dir "$wheels" \
        --config-settings build-dir=build/python-wheel .
    wheel=$(echo "$wheels"/likely-*.whl)
    "$venv/bin/pip" install --quiet abi3audit
    "$venv/bin/abi3audit" --strict --assume-minimum-abi3 3.9 "$wheel"
    rm -rf "$venv"
    "$python" -m venv "$venv"
    installed=("$wheel")
    what="$(basename "$wheel"), $(stat -c %s "$wheel") bytes"
fi

test_with() { # VENV PINS
    "$1/bin/pip" install --quiet --requirement "python/tests/$2.txt" "${installed[@]}"
    "$1/bin/python" -c 'import sys, numpy, sklearn
print("python_test: Python", *sys.version.split()[:1], "NumPy", numpy.__version__,
      "scikit-learn", sklearn.__version__)'
    SCIPY_ARRAY_API=1 "$1/bin/python" -m pytest -q -p no:cacheprovider python/tests
}

test_with "$venv" newest
"$(find_oldest)" -m venv "$venv-oldest"
test_with "$venv-oldest" oldest
echo "python_test: $what, passed"
