"""Models: files, samples, compression, what they say of themselves."""

import copy
import io
import pathlib
import pickle
import re

import numpy as np
import pytest

import likely


def test_files(made, binary, tmp_path):
    memory = io.BytesIO()
    made.save(memory)
    made.save(tmp_path / "a.likely")
    made.save(str(tmp_path / "b.likely"))
    assert memory.getvalue() == made.to_bytes() == (tmp_path / "a.likely").read_bytes()
    for again in (
        likely.load(tmp_path / "b.likely"),
        likely.load(io.BytesIO(memory.getvalue())),
        likely.Model.from_bytes(memory.getvalue()),
        pickle.loads(pickle.dumps(made)),
        copy.deepcopy(made),
    ):
        assert again.fingerprint == made.fingerprint
        assert np.array_equal(again.log_prob(binary), made.log_prob(binary))


def test_damaged_files(made):
    data = bytearray(made.to_bytes())
    data[-5] ^= 1
    with pytest.raises(likely.Error):
        likely.Model.from_bytes(data)
    with pytest.raises(likely.FormatError):
        likely.Model.from_bytes(b"")
    with pytest.raises(OSError, match="/nowhere"):
        likely.load("/nowhere")
    with pytest.raises(OSError):
        made.save("/nowhere/model")


def test_write_that_fails(made):
    class Full(io.RawIOBase):
        def write(self, data):
            raise OSError(28, "full")

    with pytest.raises(OSError, match="full"):
        made.save(Full())


def test_info(made):
    info = made.info
    assert info["family"] == "made" and info["settings"]["hidden"] == "16"
    assert info["shape"] == (6,) and info["alphabet"] == 2 and info["parameters"] > 0
    assert re.fullmatch("[0-9a-f]{32}", info["fingerprint"])
    assert info["history"]["valid_nll_nats"] > 0 and made.bound is False
    assert repr(made).startswith("<likely.Model made: shape=(6,), alphabet=2")


def test_training_repeats(binary):
    how = dict(hidden=8, epochs=3)
    one, two = likely.train(binary, **how), likely.train(binary, **how)
    assert one.fingerprint == two.fingerprint
    assert likely.train(binary, seed=2, **how).fingerprint != one.fingerprint


def test_training_goes_on(binary):
    first = likely.train(binary, hidden=8, epochs=2, valid=binary)
    more = likely.train(binary, start=first, epochs=5, valid=binary)
    assert more.log_prob(binary).mean() > first.log_prob(binary).mean()


@pytest.mark.parametrize(
    "how",
    [
        {"family": "nade"},
        {"settings": {"family": "nade"}},
        {"alphabet": np.full(6, 2)},
        {"columns": "words"},
        {"order": "reversed"},
        {"view": "bits:1"},
        {"window": 3},
        {"loading": {"unseen": True}},
        {"loading": {"text": "bytes"}},
    ],
)
def test_training_goes_on_as_it_was(made, binary, how):
    with pytest.raises(TypeError, match="the model to start from has its own"):
        likely.train(binary, start=made, epochs=1, **how)


def test_what_training_does_not_start_from(made, binary):
    for y in ({"y": binary[:, 0]}, {"loading": {"label": "x"}}):
        with pytest.raises(ValueError, match="the model to start from is of p.x., without labels"):
            likely.train(binary, start=made, epochs=1, **y)
    with pytest.raises(TypeError, match="start is a str: expected a Model, as likely.load gives"):
        likely.train(binary, start="model.likely")
    assert likely.train(binary, family="made", start=made, epochs=1).family == "made"
    labelled = likely.train(binary, binary[:, 0], family="nade", hidden=4, epochs=1)
    assert likely.train(binary, binary[:, 0], start=labelled, epochs=1).family == "nade"


def test_samples(made):
    drawn = made.sample(20000, seed=3)
    assert drawn.shape == (20000, 6) and drawn.dtype == np.uint8
    assert np.array_equal(made.sample(seed=3), drawn[0])
    assert np.array_equal(made.sample(2, seed=3, first=7), drawn[7:9])
    rows, counts = np.unique(drawn, axis=0, return_counts=True)
    p = np.exp(made.log_prob(rows))
    assert np.abs(counts / 20000 - p).max() < 5 * np.sqrt(0.25 / 20000)


def test_given(made):
    held = np.full((2, 6), -1)
    held[0, 0], held[1, :2] = 1, [0, 1]
    drawn = made.sample(10, given=held)
    assert np.all(drawn[::2, 0] == 1) and np.all(drawn[1::2, :2] == [0, 1])
    masked = np.ma.MaskedArray(np.ones(6, int), mask=[0, 1, 1, 1, 1, 1])
    assert np.all(made.sample(5, given=masked)[:, 0] == 1)
    nans = np.where(held < 0, np.nan, held)
    objects = np.where(held < 0, None, held.astype(object))
    for same in (nans, held.astype(object), objects):
        assert np.array_equal(made.sample(10, given=same), drawn)
    with pytest.raises(likely.Error):
        made.sample(given=[[-1, -1, -1, -1, -1, 1]])  # the last is drawn last
    with pytest.raises(ValueError, match="expected"):
        made.sample(given=[[1, 1]])
    with pytest.raises(ValueError, match="65535"):
        made.sample(given=np.full((1, 6), 1 << 32))


def test_temperature(made):
    assert np.array_equal(*made.sample(2, temperature=1e-3))
    with pytest.raises(likely.InvalidError):
        made.sample(temperature=-1)


def test_text_samples(text_model):
    drawn = text_model.sample(3, length=10, prompt="to b")
    assert all(text.startswith("to b") and len(text) == 14 for text in drawn)
    assert isinstance(text_model.sample(length=4), str)


def test_compression(made, binary):
    coded = made.compress(binary)
    restored = made.decompress(coded)
    assert np.array_equal(restored, binary) and restored.dtype == np.uint8
    bits = -made.log_prob(binary).sum() / np.log(2)
    assert bits <= 8 * len(coded) < bits + 8 * 256
    with pytest.raises(likely.CorruptError):
        made.decompress(coded[:-1] + bytes([coded[-1] ^ 1]))
    with pytest.raises(likely.MismatchError):
        likely.train(binary, hidden=4, epochs=1).decompress(coded)


def test_compression_of_texts(text_model, tmp_path):
    for texts in ("to be", ["to be", "or not", "to be"]):
        coded = text_model.compress(texts)
        assert text_model.decompress(coded) == texts
    (tmp_path / "coded").write_bytes(coded)
    assert text_model.decompress(pathlib.Path(tmp_path / "coded")) == texts


@pytest.mark.parametrize("family", ["uniform", "histogram", "bernoulli-mixture", "nade", "made"])
def test_check(binary, family):
    how = {} if family in ("uniform", "histogram") else {"epochs": 2}
    told = likely.train(binary, family=family, **how).check()
    assert told["passed"] and told["total"] == pytest.approx(1, abs=1e-4)


def test_check_of_texts(text_model):
    assert text_model.check()["passed"]
    assert text_model.check(1)["passed"]


@pytest.mark.parametrize("family, levels", [("pixelcnn", 4), ("conv1d", 2), ("ardm", 300)])
def test_pictures(family, levels):
    X = np.random.default_rng(0).integers(0, levels, (6, 5, 3), dtype=np.uint16)
    how = {"hidden": 8} if family == "ardm" else {"channels": 4}
    X = X if family == "pixelcnn" else X.reshape(6, 15)
    model = likely.train(X, family=family, alphabet=levels, epochs=1, **how)
    assert model.sample(2).dtype == (np.uint8 if levels <= 256 else np.uint16)
    assert model.check(3)["passed"]
    assert np.array_equal(model.decompress(model.compress(X)), X)


def test_alphabets_are_kept(binary):
    """Variables of different alphabets, in the file too."""
    X = binary.copy()
    X[:, 2] += 3 * X[:, 3]
    model = likely.train(X, hidden=4, epochs=1, alphabet=[2, 2, 5, 2, 2, 3])
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.log_prob(X), model.log_prob(X))
    assert again.check()["total"] == pytest.approx(1, abs=1e-4)
    assert np.array_equal(again.decompress(model.compress(X)), X)


def test_used_otherwise(binary):
    model = likely.train(binary, family="eonade", hidden=8, epochs=1)
    more = model.with_settings(orders=4)
    assert more.info["settings"]["orders"] == "4"
    assert model.info["settings"]["orders"] == "1"
    with pytest.raises(likely.InvalidError):
        model.with_settings(hidden=9)


@pytest.mark.parametrize(
    "how, message",
    [
        ({"hiden": 3}, "unknown setting 'hiden'; known: hidden"),
        ({"hiden": 3}, "of any training: family"),
        ({"family": "none"}, "there are uniform"),
        ({"epochs": -1}, "epochs"),
        ({"seed": "a"}, "str"),
        ({"seed": -1}, "seed is -1: expected 0 .. 2^64 - 1"),
        ({"seed": 1 << 64}, "seed is 18446744073709551616"),
        ({"epochs": 1 << 64}, "epochs: 18446744073709551616 is out of range: expected -2^63"),
        ({"learning_rate": "fast"}, "learning_rate: must be real number"),
        ({"learning_rate": -1.0}, "learning_rate is -1: expected"),
        ({"settings": {"batch": 8, "hidden": 4}, "batch": 4}, "batch: given twice"),
        ({"settings": {"family": "nade"}, "family": "made"}, "family: given twice"),
        ({"family": 5}, "family: 5 is no text: expected a str"),
        ({"order": [0, 1]}, "order: [0, 1] is no text: expected a str"),
        ({"valid": True}, "valid"),
        ({"order": "no\0"}, "order"),
        ({"valid": 1.5}, "fraction"),
        ({"alphabet": [2, 2]}, "2 entries"),
    ],
)
def test_wrong_options(binary, how, message):
    with pytest.raises((likely.Error, TypeError, ValueError)) as refused:
        likely.train(binary, **how)
    assert message in str(refused.value)
    assert "lk_" not in str(refused.value) and "\n" not in str(refused.value)


def test_options_among_settings(binary):
    """An option of any training may stand beside those of the family."""
    how = {"learning_rate": 0.01, "hidden": 4, "epochs": 2}
    one, two = likely.train(binary, settings=how), likely.train(binary, **how)
    assert one.fingerprint == two.fingerprint
    assert likely.train(binary, settings={"family": "uniform"}).family == "uniform"


def test_seeds_of_samples(made):
    for seed in (-1, 1 << 64):
        with pytest.raises(ValueError, match="seed is .*: expected 0 .. 2"):
            made.sample(seed=seed)


def test_no_names_of_c():
    """No message of the library tells a user of Python about C."""
    from likely._errors import in_python

    source = pathlib.Path(__file__).resolve().parents[2] / "src"
    said = set()
    for file in source.rglob("*.c"):
        if not file.name.endswith("_test.c"):
            strings = re.findall(r'"((?:[^"\\\n]|\\.)*)"', file.read_text())
            said.update(s for s in strings if re.search(r"\blk_\w+[.:, )]", s))
    assert len(said) > 50
    assert not [in_python(s) for s in said if "lk_" in in_python(s)]


def test_memory_is_told_in_python(made, binary):
    likely.set_memory(1000)
    try:
        with pytest.raises(likely.NoMemory, match="allow more with likely.set_memory, or"):
            made.log_prob(binary)
    finally:
        likely.set_memory(0)


def test_unknown_options():
    from likely import _likely
    from likely._context import context

    with pytest.raises(TypeError, match="coding has no option 'fast'; it has learning_rate, "):
        model = likely.train(np.eye(3, dtype=np.uint8), family="uniform")._handle
        _likely.decompress(context(), model, ("bytes", b""), {"fast": 1})
