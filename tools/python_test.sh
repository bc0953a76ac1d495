#!/usr/bin/env bash
# The Python package as a user gets it: builds the wheel, checks that it keeps to the stable ABI,
# installs it with what its tests need into an empty environment (build/python-venv), and runs
# python/tests there. Needs PyPI: exits with 77 and one line where it cannot be reached.
#   tools/python_test.sh             all of that
#   tools/python_test.sh --quick     no wheel: the extension from the library that is in build/
#                                    already, beside the sources
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
venv=build/python-venv
wheels=build/python-wheels
needed=(numpy scikit-learn pytest pandas pillow)
export PIP_DISABLE_PIP_VERSION_CHECK=1

fits='import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 9))'
if ! "$python" -c "$fits" 2>/dev/null; then
    echo "python_test: $python is not Python 3.9 or newer with venv (Debian: python3-venv)" >&2
    exit 77
fi
rm -rf "$venv" "$wheels"
"$python" -m venv "$venv"
if ! "$venv/bin/pip" download --quiet --no-deps --retries 0 --timeout 15 --dest "$wheels" \
    scikit-build-core >"$venv/reached.log" 2>&1; then
    echo "python_test: PyPI cannot be reached, and what is needed comes from there" >&2
    exit 77
fi
rm -rf "$wheels"

if [[ ${1:-} == --quick ]]; then
    # The option is taken back, so that the next build asks for no Python.
    trap 'cmake -B build -DLIKELY_PYTHON=OFF >build/python.log' EXIT
    cmake -B build -DLIKELY_PYTHON=ON -DPython_EXECUTABLE="$PWD/$venv/bin/python" >build/python.log
    cmake --build build --parallel "$(nproc)" --target likely_python
    mkdir "$wheels"
    cp -r python/likely build/python/_likely.abi3.so "$wheels"
    mv "$wheels/_likely.abi3.so" "$wheels/likely"
    "$venv/bin/pip" install --quiet "${needed[@]}"
    export PYTHONPATH=$PWD/$wheels
    what="beside the sources"
else
    # The build folder is kept: what has not changed is not compiled again.
    "$venv/bin/pip" wheel --quiet --no-deps --wheel-dir "$wheels" \
        --config-settings build-dir=build/python-wheel .
    wheel=$(echo "$wheels"/likely-*.whl)
    "$venv/bin/pip" install --quiet "$wheel" "${needed[@]}" abi3audit
    "$venv/bin/abi3audit" --strict --assume-minimum-abi3 3.9 "$wheel"
    what="$(basename "$wheel"), $(stat -c %s "$wheel") bytes"
fi
SCIPY_ARRAY_API=1 "$venv/bin/python" -m pytest -q -p no:cacheprovider python/tests
echo "python_test: $what, passed"
