"""A slower sequence beside texts and recordings."""

import io
import wave

import numpy as np
import pytest

import likely

SMALL = {"family": "wavenet", "layers": 2, "channels": 8, "gates": 8, "skip": 16, "window": 30}


def told(seed, symbols):
    """A text that is drawn for every 3 symbols, and the numbers that tell it."""
    numbers = np.random.default_rng(seed).integers(2, size=-(-symbols // 3))
    letters = np.where(np.repeat(numbers, 3)[:symbols] > 0, "b", "a")
    return "".join(letters), numbers


@pytest.fixture(scope="module")
def model():
    text, numbers = told(1, 900)
    return likely.train(
        text, local=numbers, local_every=3, epochs=30, batch=4, learning_rate=0.01, **SMALL
    )


def test_what_it_is_good_for(model):
    text, numbers = told(2, 600)
    assert (model.local_every, model.local_alphabet) == (3, 2)
    assert model.info["local_every"] == 3
    log_prob = model.log_prob(text, local=numbers)[0]
    assert log_prob > -0.03 * 600
    assert model.log_prob(text, local=1 - numbers)[0] < -600
    assert model.surprisal(text, local=numbers)[0].sum() == pytest.approx(-log_prob)
    assert model.score(text, local=numbers).nll_nats[0] == -log_prob
    drawn = model.sample(local=numbers)
    assert len(drawn) == 600 and sum(a != b for a, b in zip(drawn, text)) < 20
    assert drawn == model.sample(local=numbers, prompt=drawn[:100])
    assert drawn[:50] == model.sample(local=numbers, length=50)
    assert model.sample(2, local=numbers)[0] == drawn


def test_forms_are_alike(model, tmp_path):
    texts, numbers = zip(told(3, 50), told(4, 7))
    expected = model.log_prob(list(texts), local=list(numbers))
    for other in (
        [n.tolist() for n in numbers],
        [n.astype(np.uint8) for n in numbers],
        [np.repeat(n, 2)[::2] for n in numbers],
        tuple(numbers),
    ):
        assert np.array_equal(model.log_prob(list(texts), local=other), expected)
    assert model.log_prob(texts[1], local=numbers[1].tolist())[0] == expected[1]
    assert model.log_prob(texts[1], local=[numbers[1]])[0] == expected[1]
    (tmp_path / "texts").mkdir()
    (tmp_path / "numbers").mkdir()
    for i in range(2):
        (tmp_path / "texts" / f"{i}.log").write_text(texts[i])
        (tmp_path / "numbers" / f"{i}.txt").write_text(" ".join(map(str, numbers[i])))
    for local in (tmp_path / "numbers", str(tmp_path / "numbers"), list(numbers)):
        assert np.array_equal(model.log_prob(tmp_path / "texts", local=local), expected)


def test_compression_keeps_it(model, tmp_path):
    texts, numbers = zip(told(5, 50), told(6, 200))
    assert model.decompress(model.compress(list(texts), local=list(numbers))) == list(texts)
    coded = model.compress(io.BytesIO(texts[0].encode()), local=numbers[0])
    assert model.decompress(coded) == texts[0]
    model.decompress(coded, file=tmp_path / "back")
    assert (tmp_path / "back").read_text() == texts[0]
    assert model.check(3)["passed"]


def test_training(model):
    text, numbers = told(7, 300)
    other, beside = told(8, 90)
    how = dict(SMALL, epochs=1, local=numbers, local_every=3)
    part = likely.train(text, valid=0.2, **how)
    beside_model = likely.train(text, valid=other, valid_local=beside, local_alphabet=5, **how)
    assert (part.local_alphabet, beside_model.local_alphabet) == (2, 5)
    further = likely.train(text, start=model, local=numbers, epochs=1)
    assert further.local_every == 3
    with pytest.raises(likely.MismatchError, match="slower sequence"):
        likely.train(text, valid=other, **how)
    with pytest.raises(TypeError, match="valid_local"):
        likely.train(text, valid=0.2, valid_local=beside, **how)
    with pytest.raises(likely.MismatchError, match="wants 300, one for every 1 positions"):
        likely.train(text, **dict(how, local_every=1))
    with pytest.raises(likely.InvalidError, match="local_every is 0"):
        likely.train(text, **dict(how, local_every=None))
    assert likely.train(text, local=numbers, local_every=3, epochs=1, width=8).family == "charrnn"
    with pytest.raises(likely.InvalidError, match="not for streams"):
        likely.train(text, local=numbers, local_every=3, epochs=1, family="made")


def test_recordings(tmp_path):
    sound = np.random.default_rng(1).integers(-9000, 9000, size=400).astype("<i2")
    with wave.open(str(tmp_path / "noise.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(sound.tobytes())
    numbers = np.arange(50) % 7
    model = likely.train(
        tmp_path / "noise.wav",
        local=numbers,
        local_every=8,
        loading={"text": "recordings"},
        layers=2,
        channels=4,
        epochs=1,
    )
    assert model.log_prob(tmp_path / "noise.wav", local=numbers).shape == (1,)
    drawn = model.sample(local=numbers[:5])
    assert len(drawn) == 44 + 2 * 40
    assert model.log_prob(drawn, local=numbers[:5]).shape == (1,)


@pytest.mark.parametrize(
    "local, error, message",
    [
        (None, likely.MismatchError, "a symbol of 2 for every 3 .*: say it .local.$"),
        ([0, 1], likely.MismatchError, "2 symbols, but text 0 wants 4"),
        ([0, 1, 2, 0], likely.InvalidError, r"^local\[0\]: symbol 2 is 2: expected 0 to 1"),
        ([0, -1, 0, 0], ValueError, "-1"),
        ([0, 0.5, 0, 0], ValueError, "fractions"),
        ([[0, 1, 0, 0], [0]], likely.MismatchError, "local has 2 sequences, for 1 texts"),
        (np.zeros((1, 2, 2), int), ValueError, "2 axes"),
        ([], ValueError, "empty"),
        ("nowhere.txt", OSError, "nowhere.txt"),
        (["a"], (TypeError, ValueError), "expected integers|array of"),
    ],
)
def test_refused(model, local, error, message):
    with pytest.raises(error, match=message):
        model.log_prob("aaabbbaaab", local=local)


def test_numbers_of_nothing():
    with pytest.raises(likely.InvalidError, match="say nothing without local$"):
        likely.train("abab", local_every=3, epochs=1)


def test_other_models_take_none(text_model, made, binary):
    with pytest.raises(likely.MismatchError, match="given no slower sequence"):
        text_model.log_prob("to be", local=[0])
    with pytest.raises(likely.MismatchError, match="leave out local"):
        text_model.sample(local=[0])
    with pytest.raises(TypeError, match="beside texts and recordings"):
        made.log_prob(binary, local=[0])
    assert (text_model.local_every, made.local_alphabet) == (0, 0)
