#!/usr/bin/env bash
# The Python package as a user gets it: builds the wheel, installs it with what its tests need into
# an empty environment (build/python-venv), checks that it keeps to the stable ABI, and runs
# python/tests there. Needs PyPI: exits with 77 and one line where it cannot be reached.
#   tools/python_test.sh [PYTEST OPTIONS]
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
venv=build/python-venv
wheels=build/python-wheels
export PIP_DISABLE_PIP_VERSION_CHECK=1

if ! "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 9))' 2>/dev/null; then
    echo "python_test: $python is not Python 3.9 or newer with venv (Debian: python3-venv)" >&2
    exit 77
fi
rm -rf "$venv" "$wheels"
"$python" -m venv "$venv"
if ! "$venv/bin/pip" download --quiet --no-deps --retries 0 --timeout 15 --dest "$wheels" \
    scikit-build-core >"$venv/reached.log" 2>&1; then
    echo "python_test: PyPI cannot be reached, and the build needs scikit-build-core from it" >&2
    exit 77
fi
rm -rf "$wheels"

# The build folder is kept: what has not changed is not compiled again.
"$venv/bin/pip" wheel --quiet --no-deps --wheel-dir "$wheels" --config-settings build-dir=build/wheel .
wheel=$(echo "$wheels"/likely-*.whl)
"$venv/bin/pip" install --quiet "${wheel}[test]" abi3audit
"$venv/bin/abi3audit" --strict --assume-minimum-abi3 3.9 "$wheel"
"$venv/bin/python" -m pytest -q -p no:cacheprovider python/tests "$@"
echo "python_test: $(basename "$wheel"), $(stat -c %s "$wheel") bytes, passed"
