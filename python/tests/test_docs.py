"""The Python of README.md and docs/python.md, as it stands there."""

import pathlib
import re
import runpy

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FAMILIES = ("uniform", "histogram", "mixture", "made")
BLOCKS = [
    pytest.param(block, id=f"{name}-{number}")
    for name in ("README.md", "docs/python.md")
    for number, block in enumerate(
        re.findall("```python\n(.*?)```", (ROOT / name).read_text(), re.DOTALL)
    )
]


@pytest.mark.parametrize("block", BLOCKS)
def test_blocks(block, tmp_path, monkeypatch):
    if "sklearn" in block:
        pytest.importorskip("sklearn")
    monkeypatch.chdir(tmp_path)
    X = np.random.default_rng(1).integers(0, 2, (200, 8))
    if "pandas" in block:
        pytest.importorskip("pandas")
    names = {"X": X, "y": X[:, 0], "np": np}
    if "LikelihoodModel" in block:
        exec("from likely.sklearn import LikelihoodModel", names)
    exec("import likely\n" + block, names)


def test_lecture(capsys):
    pytest.importorskip("sklearn")
    runpy.run_path(str(ROOT / "examples" / "digits.py"))
    told = capsys.readouterr().out
    bits = {name: float(re.search(f"{name} .*= ([0-9.]+) bits", told)[1]) for name in FAMILIES}
    assert bits["uniform"] == 1.0
    assert bits["made"] < bits["mixture"] < bits["histogram"] < 1.0


def test_there_are_some():
    assert len(BLOCKS) >= 4
