"""Compression from and to files, what is salvaged, and what is refused on the way."""

import io
import os
import tracemalloc
import wave

import numpy as np
import pytest

import likely

TEXT = "to be or not to be, that is. " * 200


def test_a_text_through_files(text_model, tmp_path):
    whole = text_model.compress(TEXT)
    coded, back = io.BytesIO(), io.BytesIO()
    told = text_model.compress(io.BytesIO(TEXT.encode()), file=coded)
    assert coded.getvalue() == whole
    assert (told.items, told.variables, told.bytes) == (1, len(TEXT), len(whole))
    assert told.nll_nats == pytest.approx(-text_model.log_prob(TEXT)[0], rel=0.01)
    assert text_model.decompress(io.BytesIO(whole), file=back).bytes == len(whole)
    assert back.getvalue() == TEXT.encode()
    (tmp_path / "text").write_text(TEXT)
    text_model.compress(tmp_path / "text", file=tmp_path / "coded")
    text_model.decompress(str(tmp_path / "coded"), file=str(tmp_path / "back"))
    assert (tmp_path / "back").read_text() == TEXT


def test_examples_to_a_file(made, binary, tmp_path):
    told = made.compress(binary, file=tmp_path / "coded")
    assert told.items == 400 and told.bytes == (tmp_path / "coded").stat().st_size
    assert np.array_equal(made.decompress(tmp_path / "coded"), binary)
    with pytest.raises(likely.MismatchError, match="examples"):
        made.decompress(tmp_path / "coded", file=tmp_path / "back")
    assert not (tmp_path / "back").exists()
    assert made.compress(binary, verify=False) == made.compress(binary)


class Slow(io.RawIOBase):
    """A raw file, which takes three bytes at most."""

    def __init__(self):
        self.taken = b""

    def write(self, data):
        self.taken += bytes(data[:3])
        return min(3, len(data))


def test_raw_files_may_take_less(made, binary):
    slow = Slow()
    made.compress(binary, file=slow)
    assert slow.taken == made.compress(binary)


@pytest.mark.parametrize("source", ["read", "write"])
def test_files_that_fail(text_model, source):
    class Broken(io.RawIOBase):
        def read(self, size=-1):
            raise ZeroDivisionError("mine")

        def write(self, data):
            raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        if source == "read":
            text_model.compress(Broken(), file=io.BytesIO())
        else:
            text_model.compress(TEXT, file=Broken())
    with pytest.raises(TypeError):
        text_model.compress(TEXT, file=io.StringIO())
    assert text_model.decompress(text_model.compress("to be")) == "to be"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_a_full_disk(made, binary):
    with pytest.raises(OSError, match="space"):
        made.compress(binary, file="/dev/full")
    with open("/dev/full", "wb", 0) as full, pytest.raises(OSError, match="space"):
        made.compress(binary, file=full)


def test_salvage():
    """Of two chunks the first is damaged."""
    X = np.random.default_rng(0).integers(0, 2, (9000, 1000), dtype=np.uint8)
    model = likely.train(X[:4], family="uniform")
    coded = bytearray(model.compress(X, verify=False))
    coded[len(coded) // 4] ^= 1
    with pytest.raises(likely.CorruptError):
        model.decompress(coded)
    with pytest.warns(likely.DamageWarning, match="1 chunk could not be restored"):
        left = model.decompress(coded, salvage=True)
    assert 0 < len(left) < 9000 and np.array_equal(left, X[-len(left) :])


def write_wav(path, samples):
    with wave.open(str(path), "wb") as tone:
        tone.setnchannels(samples.shape[1])
        tone.setsampwidth(2)
        tone.setframerate(8000)
        tone.writeframes(samples.astype("<i2").tobytes())
    return path


def test_lossy_recordings(tmp_path):
    tone = 8000 * np.sin(np.arange(2000) / 5)
    mono = write_wav(tmp_path / "mono.wav", tone[:, None])
    loading = {"text": "recordings", "sound": "mulaw"}
    model = likely.train(mono, loading=loading, layers=2, channels=4, epochs=1)
    with pytest.raises(likely.Error, match="lossy"):
        model.compress(mono)
    coded = io.BytesIO()
    model.compress(mono, file=coded, lossy=True)
    back = io.BytesIO()
    model.decompress(coded.getvalue(), file=back)
    with wave.open(io.BytesIO(back.getvalue())) as restored:
        heard = np.frombuffer(restored.readframes(2000), "<i2")
    assert np.abs(heard - tone).max() < 300


@pytest.mark.parametrize("sound", ["mulaw", "linear8", "bytes"])
def test_check_of_recordings(tmp_path, sound):
    tone = 8000 * np.sin(np.arange(1000) / 5)
    mono = write_wav(tmp_path / "mono.wav", tone[:, None])
    loading = {"text": "recordings", "sound": sound}
    model = likely.train(mono, loading=loading, layers=2, channels=4, epochs=1)
    assert model.check(2)["passed"]
    sample = model.sample(length=100)
    if sound != "bytes":
        with pytest.raises(likely.InvalidError, match="lossy=True codes that much$"):
            model.compress(sample)
    assert model.decompress(model.compress(sample, lossy=True)) == sample


class Endless(io.RawIOBase):
    """Of which no more than a megabyte may be asked."""

    left = 3 << 19

    def read(self, size=-1):
        assert 0 < size <= 1 << 20
        size = min(size, self.left)
        self.left -= size
        return b"ab" * (size // 2)


class Pieces(io.RawIOBase):
    size = largest = 0

    def write(self, data):
        self.size, self.largest = self.size + len(data), max(self.largest, len(data))
        return len(data)


def test_a_text_is_never_held(tmp_path):
    model = likely.train(b"ab" * 64, layers=1, width=2, epochs=1, window=8)
    pieces = Pieces()
    tracemalloc.start()
    model.compress(Endless(), file=tmp_path / "coded", verify=False)
    model.decompress(tmp_path / "coded", file=pieces)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert pieces.size == Endless.left and pieces.largest <= 1 << 20 and peak < 5 << 20
