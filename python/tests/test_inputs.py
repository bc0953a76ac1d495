"""Whatever users have their data in."""

import io
import wave

import numpy as np
import pytest

import likely


def unaligned(X):
    """16 bits at odd addresses."""
    words = b"0" + X.astype(np.uint16).tobytes()
    return np.frombuffer(words, np.uint8)[1:].view(np.uint16).reshape(X.shape)


@pytest.mark.parametrize(
    "other",
    [
        lambda X: X.astype(bool),
        lambda X: X.astype(np.uint16),
        lambda X: X.astype(">u2"),
        lambda X: X.astype(np.int64),
        lambda X: X.astype(np.float32),
        lambda X: X.tolist(),
        np.asfortranarray,
        lambda X: X[::-1].copy()[::-1],
        lambda X: np.repeat(X, 2, axis=1)[:, ::2],
        lambda X: np.repeat(X, 3, axis=0)[::3],
        lambda X: X.astype([("a", np.uint8), ("b", np.uint16)])["b"],
        unaligned,
        lambda X: X.view(np.memmap),
        np.ma.MaskedArray,
        lambda X: X.astype(object),
    ],
)
def test_arrays_are_alike(made, binary, other):
    assert np.array_equal(made.log_prob(other(binary)), made.log_prob(binary))


def test_broadcast(made):
    assert np.unique(made.log_prob(np.broadcast_to(np.uint8(1), (5, 6)))).size == 1


def test_read_only_and_not_copied(made, binary):
    X = binary.copy()
    X.flags.writeable = False
    before = X.copy()
    made.log_prob(X)
    assert np.array_equal(X, before)


def test_none_is_none(made):
    assert made.log_prob(np.empty((0, 6), dtype=np.uint8)).shape == (0,)
    assert made.surprisal(np.empty((0, 6), dtype=np.uint8)).shape == (0, 6)


@pytest.mark.parametrize(
    "wrong, message",
    [
        (np.full((2, 6), 0.5), "fractions"),
        (np.full((2, 6), np.nan), "NaN"),
        (np.full((2, 6), -1), "-1"),
        (np.full((2, 6), 70000), "70000"),
        (np.full((2, 6), "a"), "DataFrame"),
        (np.zeros(6), "1 axes"),
        (np.zeros((2, 5), np.uint8), "5"),
        (np.full((2, 6), 2), "alphabet"),
        ("text", "not of texts"),
        (np.zeros((1, 1, 1, 1, 1, 1), np.uint8), "axes"),
        (np.ma.MaskedArray(np.zeros((2, 6), int), mask=np.eye(2, 6)), "masked"),
        (np.zeros((2, 6), complex), "complex"),
        (np.zeros((2, 6), "M8[s]"), "datetime"),
        (np.full((2, 6), 2**63, np.uint64), "9223372036854775808"),
        ([[0, 1], [0]], "inhomogeneous|object"),
        ((x for x in range(3)), "generator is no data"),
        (np.array([[2**70, 0]], object), str(2**70)),
        ({1: 2}, "is a int: expected a list"),
        (None, "NoneType is no data"),
    ],
)
def test_refused(made, wrong, message):
    with pytest.raises((ValueError, TypeError), match=message) as refused:
        made.log_prob(wrong)
    assert "\n" not in str(refused.value)


def test_files(made, binary, tmp_path):
    np.save(tmp_path / "x.npy", binary)
    whole = made.log_prob(binary)
    assert np.array_equal(made.log_prob(tmp_path / "x.npy"), whole)
    with open(tmp_path / "x.npy", "rb") as file:
        assert np.array_equal(made.log_prob(file), whole)
    assert made.surprisal(tmp_path / "x.npy").shape == binary.shape


def test_pictures():
    Image = pytest.importorskip("PIL.Image")
    grey = [Image.fromarray(np.full((3, 4), v, np.uint8)) for v in (0, 128, 255)]
    model = likely.train(grey, family="histogram")
    assert (model.shape, model.alphabet) == ((3, 4), 256)
    assert model.log_prob(grey[1]).shape == (1,)
    bits = Image.fromarray(np.eye(3, dtype=bool))
    assert likely.train([bits, bits], family="histogram").alphabet == 2


def test_pictures_have_256_levels():
    """Whatever those of the training happen to have; of one bit they have two."""
    image = pytest.importorskip("PIL.Image")
    dark = [image.new("L", (4, 4), level) for level in (10, 20, 30)]
    model = likely.train(dark, family="histogram")
    assert model.alphabet == 256
    assert np.isfinite(model.log_prob(image.new("L", (4, 4), 255))).all()
    assert likely.train([image.new("1", (4, 4), 0)] * 3, family="histogram").alphabet == 2
    for other in (None, np.zeros((4, 4), np.uint8)):
        with pytest.raises(TypeError, match=f"picture 1 is a {type(other).__name__}: expected"):
            model.log_prob([dark[0], other])


def test_texts(text_model):
    one, two = text_model.log_prob(["to be", "not"])
    assert text_model.log_prob("to be")[0] == one
    terms = text_model.surprisal(["to be", "not"])
    assert [len(t) for t in terms] == [5, 3]
    assert -terms[1].sum() == pytest.approx(two)
    assert text_model.text == "characters"
    with pytest.raises(TypeError, match="one kind"):
        text_model.log_prob(["a", b"b"])


def test_bytes():
    model = likely.train([b"\x00\xff" * 100, b"\x00\xff" * 50], layers=1, width=8, epochs=1)
    assert model.text == "bytes"
    assert isinstance(model.sample(length=3), bytes)
    data = b"\x00\xff\x00" * 5
    assert model.decompress(model.compress(data)) == data


def frame():
    pandas = pytest.importorskip("pandas")
    return pandas.DataFrame(
        {
            "n": [1, 2, 3] * 20,
            "colour": ["red", "a,\"b", None] * 20,
            "yes": [True, False, True] * 20,
        }
    )


def test_frames():
    table = frame()
    model = likely.train(table, family="histogram")
    assert model.columns == ["n", "colour", "yes"]
    shuffled = table[["yes", "n", "colour"]]
    assert np.array_equal(model.log_prob(shuffled), model.log_prob(table))
    drawn = model.sample(20, as_frame=True)
    assert set(drawn["colour"].dropna()) <= {"red", "a,\"b"}
    assert (drawn.dtypes == table.dtypes).all()
    held = model.sample(5, given={"n": 2, "colour": ["red", None]}, as_frame=True)
    assert set(held["n"]) == {2} and set(held["colour"][::2]) == {"red"}
    assert (model.sample(2, given=table[["n"]][:2])[:, 0] == [0, 1]).all()
    with pytest.raises(ValueError, match="no value 'green'"):
        model.sample(given={"colour": "green"})
    with pytest.raises(likely.Error, match="green"):
        model.log_prob(table.assign(colour="green"))


def test_frames_with_labels():
    table = frame()
    model = likely.train(table, table["yes"].rename("y"), hidden=4, epochs=2)
    assert model.labels == ["False", "True"]
    assert model.log_prob(table, True).shape == (60,)
    assert model.check()["passed"]
    coded = model.compress(table, table["yes"])
    values, labels = model.decompress(coded, with_labels=True)
    assert labels == table["yes"].tolist()
    assert model.frame(values)["colour"][0] == "red"


def test_dicts_of_columns():
    model = likely.train({"a": ["x", "y"] * 20, "b": [1, 2] * 20}, family="histogram")
    assert model.columns == ["a", "b"]
    one, two = model.log_prob({"b": [1, 2], "a": ["x", "x"]})
    assert one > two
    with pytest.raises(ValueError, match=r"\[1, 2\] rows"):
        model.log_prob({"a": ["x"], "b": [1, 2]})


def test_frames_held_out():
    table = frame()
    for valid in (0.2, table[:10]):
        model = likely.train(table, hidden=4, epochs=2, valid=valid)
        assert model.score(table).p_value.shape == (60,)
        assert model.columns == ["n", "colour", "yes"]


def test_unseen_words():
    table = frame()
    model = likely.train(table, family="histogram", loading={"unseen": True})
    assert np.isfinite(model.log_prob(table.assign(colour="green"))).all()


def test_training_files(tmp_path):
    (tmp_path / "book.txt").write_text("to be or not to be, that is the question. " * 60)
    book, how = tmp_path / "book.txt", {"layers": 1, "width": 8, "epochs": 1}
    model = likely.train(book, loading={"text": "characters"}, valid=0.2, **how)
    assert model.text == "characters" and model.log_prob(book).shape == (1,)
    frame().to_csv(tmp_path / "t.csv", index=False)
    model = likely.train(
        tmp_path / "t.csv", loading={"label": "yes"}, valid=tmp_path / "t.csv", hidden=4, epochs=1
    )
    assert model.labels == ["False", "True"] and model.columns == ["n", "colour"]
    assert model.log_prob(tmp_path / "t.csv").shape == (60,)


def test_recordings(tmp_path):
    file = tmp_path / "tone.wav"
    with wave.open(str(file), "wb") as tone:
        tone.setnchannels(1)
        tone.setsampwidth(2)
        tone.setframerate(8000)
        tone.writeframes((8000 * np.sin(np.arange(2000) / 5)).astype("<i2").tobytes())
    how = {"layers": 2, "channels": 4, "epochs": 1}
    loading = {"text": "recordings", "sound": "bytes"}
    model = likely.train(file, loading=loading, **how)
    assert (model.family, model.text) == ("wavenet", "recordings")
    assert model.surprisal(file)[0].sum() == pytest.approx(-model.log_prob(file)[0])
    restored = model.decompress(model.compress(file))
    with wave.open(io.BytesIO(restored)) as one, wave.open(str(file)) as other:
        assert one.readframes(2000) == other.readframes(2000)
    assert model.sample(length=20)[:4] == b"RIFF"


def test_frames_of_fractions():
    with pytest.raises(ValueError, match="'n' has the fraction 0.5"):
        likely.train(frame().assign(n=0.5))


@pytest.mark.parametrize(
    "alphabet, error",
    [
        ([2.5] * 6, TypeError),
        ([2] * 5 + [10**12], ValueError),
        (10**12, ValueError),
        ("2", TypeError),
    ],
)
def test_alphabets_that_are_none(binary, alphabet, error):
    with pytest.raises(error):
        likely.train(binary, alphabet=alphabet, epochs=1)


def test_zero_bytes_in_names_and_words(made):
    with pytest.raises(ValueError, match="zero byte"):
        likely.load("a\0b")
    with pytest.raises(ValueError, match="zero byte"):
        made.save("a\0b")
    with pytest.raises(ValueError, match="zero character"):
        likely.train({"a": ["x\0y", "z"]}, family="histogram")


def test_read_that_fails():
    class Broken(io.RawIOBase):
        def read(self, size=-1):
            raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        likely.load(Broken())


def test_files_that_are_no_bytes(text_model, tmp_path):
    class Number(io.RawIOBase):
        def read(self, size=-1):
            return 5

    (tmp_path / "text").write_text("to be")
    calls = (likely.load, likely.train, text_model.log_prob, text_model.compress)
    for call in (*calls, text_model.decompress):
        for file, what in ((io.StringIO("to be"), "str"), (Number(), "int")):
            with pytest.raises(TypeError, match=f"read.. gave a {what} in place of bytes: open"):
                call(file)
        with open(tmp_path / "text") as file, pytest.raises(TypeError, match="in binary mode"):
            call(file)
    with pytest.raises(likely.FormatError, match="^input: is a text, not a compressed file"):
        text_model.decompress(io.BytesIO(b"junk"))


def test_texts_that_are_no_bytes():
    """Of an integer bytes() makes as many zeros."""
    model = likely.train(b"abcab " * 20, layers=1, width=4, epochs=1)
    for other in (3, np.arange(5), None, ["a"]):
        kind = type(other).__name__
        with pytest.raises(TypeError, match=f"text 1 is a {kind}: expected str or bytes"):
            model.log_prob([b"abc", other])
        with pytest.raises(TypeError, match=f"prompt is a {kind}"):
            model.sample(1, prompt=other, length=0)
        with pytest.raises(TypeError, match=f"text 1 is a {kind}"):
            likely.train([b"abc" * 30, other], layers=1, width=4, epochs=1)
    assert model.sample(prompt=bytearray(b"abc"), length=0) == b"abc"
    with pytest.raises(TypeError):
        likely.Model.from_bytes(3)


def test_nothing_is_one_clear_line(made, binary):
    for X in ([], (), np.empty((0, 6), np.uint8), np.empty((5, 0), np.uint8), "", [""], b""):
        with pytest.raises(ValueError, match="empty|no examples|no variables") as refused:
            likely.train(X)
        assert "\n" not in str(refused.value) and "file" not in str(refused.value)
    with pytest.raises(ValueError, match="nothing to compress"):
        made.compress(binary[:0])
    for n in (0, -1, 10**10, 2**63):
        with pytest.raises(ValueError, match=f"n is {n}: expected 1 .. 4294967296"):
            made.sample(n)
    labelled = likely.train(binary, binary[:, 0], hidden=4, epochs=1)
    for what in ({"given": binary[:0]}, {"labels": []}, {"local": []}):
        with pytest.raises(ValueError, match=f"{next(iter(what))} is empty"):
            labelled.sample(2, **what)
    with pytest.raises(likely.InvalidError, match="^first is -1: expected 0 .. "):
        made.sample(2, first=-1)


def test_names_of_files_are_no_texts(tmp_path, monkeypatch, text_model):
    """A str is a text: one that names a file was meant for the file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "book").write_text("to be or not to be")
    for name in ("book", str(tmp_path / "book"), "data.npy", "pictures/one.PNG"):
        with pytest.raises(ValueError, match="looks like the name of a file"):
            likely.train(name)
        with pytest.raises(ValueError, match="pathlib.Path"):
            text_model.log_prob(name)
    assert text_model.log_prob(["to"]).shape == text_model.log_prob("to").shape
    model = likely.train(["book" * 99], layers=1, width=2, epochs=1)
    assert np.isfinite(model.log_prob(["book"])).all()


def test_texts_of_zeros():
    """A str is no UTF-16, but may have been read as if that were something else."""
    half = "text 0: 90 of the first 180 bytes are zero, as of UTF-16 that was read as something"
    for zeros in ("\0a", "a\0"):
        with pytest.raises(likely.FormatError, match=half + " else: open .* or give bytes$"):
            likely.train([zeros * 90], layers=1, width=4, epochs=1)


def test_surrogates(text_model):
    """Those of bytes that are no UTF-8 are kept, as Python's names of files are; others refused."""
    model = likely.train("caf\udce9 " * 99, layers=1, width=4, epochs=1)
    assert model.decompress(model.compress("caf\udce9")) == "caf\udce9"
    for wrong in ("\ud800", "\udcc3\udca9"):  # the second would come back as an e with an accent
        for call in (likely.train, text_model.log_prob):
            with pytest.raises(ValueError, match="lone surrogate"):
                call("to be" + wrong)
        with pytest.raises(ValueError, match="lone surrogate"):
            text_model.sample(prompt=wrong, length=3)


def test_frames_for_models_of_arrays(made, binary):
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(binary)
    assert np.array_equal(made.log_prob(table), made.log_prob(binary))
    with pytest.raises(likely.MismatchError, match="it has no frame"):
        made.sample(2, as_frame=True)


def test_masked_given(made):
    held = np.ma.MaskedArray(np.full((1, 6), 1, np.uint8), mask=[[0, 1, 1, 1, 1, 1]])
    assert (made.sample(9, given=held)[:, 0] == 1).all()
    with pytest.raises(TypeError, match="expected integers"):
        made.sample(given=np.ma.MaskedArray([[0.5] * 6], mask=[[0, 1, 1, 1, 1, 1]]))


@pytest.mark.parametrize("how", [{"y": [1]}, {"columns": "words"}, {"alphabet": 3}])
def test_what_texts_and_files_have_not(how, tmp_path):
    with pytest.raises(TypeError, match=f"{next(iter(how))}: not of texts"):
        likely.train("to be or not to be", **how)
    np.save(tmp_path / "x.npy", np.eye(3, dtype=np.uint8))
    if "columns" in how:
        with pytest.raises(TypeError, match="columns: not of files"):
            likely.train(tmp_path / "x.npy", **how)
