"""A trained model: likelihoods, samples, compression, and what it is."""

from __future__ import annotations

import json
import operator
from typing import Any, NamedTuple

import numpy as np

from . import _likely
from ._arrays import Examples, address, values_of
from ._context import context
from ._errors import MismatchError
from ._given import given_of, label_numbers
from ._inputs import CHARACTERS, encoded, items_of, lengths_of, sink_of, source_of, texts_of
from ._local import Local, numbers_of
from ._settings import check_seed, setting_text
from ._tables import Known, Table

_DESCRIPTION = (
    "family shape variables alphabet text label_count parameters fingerprint local_every "
    "local_alphabet"
).split()
MOST_SAMPLES = 1 << 32  # of one call
_TEXT_KINDS = (None, "bytes", "characters", "recordings")


class Score(NamedTuple):
    """What `Model.score` gives, an entry for each item."""

    nll_nats: np.ndarray  #: -log p(x), float64
    #: The chance that an example like those of the validation has an NLL at least as high, float64;
    #: None: of texts and recordings, or without validation data.
    p_value: np.ndarray | None


class Model:
    """A probability distribution p(x), or p(x | label), that was trained by maximum likelihood.

    Made by `likely.train`, `likely.load`, `Model.load` and `Model.from_bytes`. It never changes;
    any number of threads may use it. It can be pickled, copied and kept by joblib.

    Data, everywhere: an array (examples, *shape) of integers from 0, bool included; a DataFrame, or
    a dict of columns; a picture of PIL or a list of them; str or bytes, which are one text, or a
    list of texts; a pathlib.Path or a binary file. Likelihoods are in nats; divided by log(2) they
    are bits.
    """

    __slots__ = ("_handle", "_described", "_metadata_read", "_known_read", "__weakref__")

    def __init__(self, handle: Any):
        self._handle = handle
        self._described = dict(zip(_DESCRIPTION, _likely.describe_model(handle)))
        self._metadata_read: dict | None = None
        self._known_read: Known | None = None

    # ---- files -------------------------------------------------------------------------------

    @classmethod
    def load(cls, file: Any) -> "Model":
        """From a path (str or PathLike) or a binary file. Damaged files are FormatError."""
        return cls(_likely.load_model(context(), source_of(file)))

    @classmethod
    def from_bytes(cls, data: bytes) -> "Model":
        """From the bytes of a model file."""
        return cls(_likely.load_model(context(), source_of(memoryview(data))))

    def save(self, file: Any) -> None:
        """To a path, which gets its name once all is written, or to what has write()."""
        _likely.save_model(context(), self._handle, sink_of(file))

    def to_bytes(self) -> bytes:
        """The model file, safetensors."""
        return _likely.model_bytes(context(), self._handle)

    def __reduce__(self) -> tuple:
        return Model.from_bytes, (self.to_bytes(),)

    def with_settings(self, **settings: Any) -> "Model":
        """Another model: the same weights used otherwise (`orders=8` of eonade). No p-values.

        Raises InvalidError where the family has no such setting of trained models.
        """
        other = Model.from_bytes(self.to_bytes())
        for key, value in settings.items():
            _likely.set_model(context(), other._handle, setting_text(key, value))
        return Model(other._handle)

    # ---- what it is --------------------------------------------------------------------------

    @property
    def family(self) -> str:
        return self._described["family"]

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one example; of a model of texts its window."""
        return self._described["shape"]

    @property
    def variables(self) -> int:
        return self._described["variables"]

    @property
    def alphabet(self) -> int:
        """Values are 0 .. alphabet - 1; the largest of the variables'."""
        return self._described["alphabet"]

    @property
    def text(self) -> str | None:
        """"bytes" or "characters" of a model of texts, "recordings" of one of sound, else None.

        What holds for texts holds for recordings, which are bytes of WAV files.
        """
        return _TEXT_KINDS[self._described["text"]]

    @property
    def labels(self) -> list[str]:
        """Of p(x | label) the names of the labels, in the order of their numbers; else empty."""
        count = self._described["label_count"]
        names = [_likely.label_name(self._handle, label) for label in range(count)]
        return [str(i) if name is None else name for i, name in enumerate(names)]

    @property
    def local_every(self) -> int:
        """Of a model that is given a slower sequence: positions of one of its numbers; else 0."""
        return self._described["local_every"]

    @property
    def local_alphabet(self) -> int:
        """Its numbers are 0 .. local_alphabet - 1."""
        return self._described["local_alphabet"]

    @property
    def columns(self) -> list[str]:
        """The names of a table's columns; empty where they have none."""
        if self.text or _likely.column(self._handle, 0) is None:
            return []
        return [_likely.column(self._handle, v) for v in range(self.variables)]

    @property
    def bound(self) -> bool:
        """Whether log_prob is a lower bound: so with a view that adds something, as "grey:4"."""
        return _likely.is_bound(self._handle)

    @property
    def fingerprint(self) -> str:
        """32 hexadecimal digits of all that decides a probability."""
        return self._described["fingerprint"]

    def _metadata(self) -> dict:
        if self._metadata_read is None:
            data = self.to_bytes()
            length = int.from_bytes(data[:8], "little")
            self._metadata_read = json.loads(data[8 : 8 + length])["__metadata__"]
        return self._metadata_read

    @property
    def _known(self) -> Known:
        """What it says of data: its columns and labels."""
        if self._known_read is None:
            self._known_read = Known(self._handle, self.alphabet)
        return self._known_read

    def _table(self) -> Table:
        table = self._known.table
        if table is None:
            raise MismatchError("the model is of no table with named columns: it has no frame")
        return table

    @property
    def info(self) -> dict[str, Any]:
        """What the model is, as JSON has it: family, settings, shape, alphabet, history, ...

        "alphabets": of each variable, where they differ and no words of columns say so; else None.
        """
        metadata = self._metadata()
        told = dict(self._described, text=self.text, labels=self.labels, columns=self.columns)
        told["settings"] = json.loads(metadata["settings"])
        told["order"] = metadata["order"]
        told["alphabets"] = json.loads(metadata["data"]).get("alphabets")
        told["history"] = json.loads(metadata["history"]) if metadata.get("history") else {}
        told["engine"] = metadata["engine"]
        del told["label_count"]
        return told

    def __repr__(self) -> str:
        what = f"texts of {self.text}" if self.text else f"shape={self.shape}"
        given = f", labels={len(self.labels)}" if self.labels else ""
        return (
            f"<likely.Model {self.family}: {what}, alphabet={self.alphabet}{given}, "
            f"{self._described['parameters']} parameters>"
        )

    # ---- likelihoods -------------------------------------------------------------------------

    def _walk(
        self, X: Any, labels: Any, learning_rate: float, terms: bool, local: Any
    ) -> tuple:
        here = context()
        items = items_of(here, X, known=self._known, local=Local(local))
        nll = np.zeros(items.count)  # nothing is told of an empty text
        numbers = None if labels is None else label_numbers(self, labels, items.count)
        whole = learning_rate > 0  # the model learns from item to item
        found, lengths = [], []
        for first, last in items.slices(whole):
            data = items.handle(here, first, last)
            length = lengths_of(data) if terms else np.zeros(0, dtype=np.int64)
            surprisal = np.empty(int(length.sum())) if terms else None
            part = None if numbers is None else numbers[first:last]
            _likely.nll(
                here,
                self._handle,
                data,
                address(part),
                address(nll[first:last]),
                address(surprisal),
                {"learning_rate": learning_rate} if learning_rate else {},
            )
            found.append(surprisal)
            lengths.append(length)
        return items, nll, found, lengths

    def log_prob(
        self, X: Any, labels: Any = None, *, learning_rate: float = 0.0, local: Any = None
    ) -> np.ndarray:
        """log p(x) in nats, exact: float64 (items,). -inf is probability zero.

        labels: of p(x | label), of each item or one for all; None: those that the data have.
        learning_rate: above 0 (0.0005 is a good one) the model learns from what it has met, item
        after item, in weights of this call.
        local: of a model that is given a slower sequence, that of each text: an array for each, of
        one text the array, or a file or folder as `likely eval --local` takes it.

        Raises MismatchError where the data are not as the model's, ValueError and TypeError for
        what are no symbols. An array of uint8 or uint16 of any size needs no copy in memory.
        """
        return 0.0 - self._walk(X, labels, learning_rate, False, local)[1]

    def surprisal(
        self, X: Any, labels: Any = None, *, learning_rate: float = 0.0, local: Any = None
    ) -> Any:
        """-log p(x_v | those before it) in nats of each variable: float64 (examples, *shape).

        Of texts a list of arrays, one entry for each symbol. Those of an item sum to -log p(x).
        """
        items, _, found, lengths = self._walk(X, labels, learning_rate, True, local)
        if isinstance(items, Examples) or items.values:
            flat = np.concatenate(found) if found else np.empty(0)
            return flat.reshape((items.count, *items.shape))
        return np.split(found[0], np.cumsum(lengths[0])[:-1]) if found else []

    def p_values(self, nll_nats: Any) -> np.ndarray:
        """The chance that an example like those of the validation has an NLL at least as high.

        Raises UnsupportedError of texts and recordings, and without validation data.
        """
        nll = np.array(nll_nats, dtype=np.float64, order="C")
        p = np.empty_like(nll)
        _likely.p_values(context(), self._handle, address(nll), nll.size, address(p))
        return p

    def score(self, X: Any, labels: Any = None, *, local: Any = None) -> Score:
        """NLL in nats and p-value of each item."""
        nll = -self.log_prob(X, labels, local=local)
        try:
            return Score(nll, self.p_values(nll))
        except NotImplementedError:
            return Score(nll, None)

    # ---- samples -----------------------------------------------------------------------------

    def sample(
        self,
        n: int | None = None,
        *,
        given: Any = None,
        labels: Any = None,
        temperature: float = 1.0,
        seed: int = 1,
        first: int = 0,
        shape: tuple[int, ...] | None = None,
        length: int | None = None,
        prompt: str | bytes = b"",
        local: Any = None,
        as_frame: bool = False,
    ) -> Any:
        """Samples of p(x): uint8 or uint16 (n, *shape); n=None: one, (*shape), or of several rows
        that are given one for each of them.

        Of a model of texts a list of n of str or bytes, or one of them: the prompt and `length`
        symbols behind it (1000). Sample number i depends on seed and i alone: `first` is the number
        of the first.

        given: values to be held, (rows, *shape), -1, NaN or a mask where the model is to draw (-1
        is held where it is a value of an array of words); of a table a DataFrame or {column:
        value}, in which what is missing is drawn. Sample i holds row i % rows. They must come first
        in the model's ordering (the upper part of a picture), or the family takes any.
        labels: of p(x | label); sample i has labels[i % len(labels)].
        local: of a model that is given a slower sequence its numbers, an array, from the prompt's
        beginning on, for all samples; without `length` they are as long as it is.
        shape: of families that run at any size; samples have as many axes as the model's shape.
        temperature: 1 the model, towards 0 the mode.
        as_frame: a table's values, as `frame` gives them.
        """
        here = context()
        table = self._table() if as_frame else None
        held = None if given is None else given_of(self, given, tuple(shape or self.shape))
        rows = 1 if held is None else max(1, len(held))
        count = rows if n is None else operator.index(n)
        if not 1 <= count <= MOST_SAMPLES:
            raise ValueError(f"n is {count}: expected 1 .. {MOST_SAMPLES}")
        numbers = None if labels is None else label_numbers(self, labels, None)
        slow = None if local is None else numbers_of(local)
        for name, array in (("given", held), ("labels", numbers), ("local", slow)):
            if array is not None and not len(array):
                raise ValueError(f"{name} is empty: leave it out, or give one at least")
        length = -1 if length is None and slow is not None else length
        options: dict[str, Any] = {"count": count, "first": first, "temperature": temperature}
        options.update(seed=check_seed(seed), length=length)
        samples = _likely.sample(
            here,
            self._handle,
            tuple(shape or ()),
            address(held),
            0 if held is None else len(held),
            address(numbers),
            0 if numbers is None else len(numbers),
            encoded("prompt", prompt),
            address(slow),
            0 if slow is None else len(slow),
            options,
        )
        if table is not None:
            return table.frame(values_of(samples))
        drawn: Any = None
        if self.text:
            drawn = texts_of(here, samples, self._described["text"] == CHARACTERS)
        else:
            drawn = self._restored(values_of(samples))
        return drawn[0] if n is None and rows == 1 else drawn

    def _restored(self, symbols: np.ndarray) -> np.ndarray:
        """Values where the model was trained on an array of such, else symbols as they are."""
        table = self._known.table if self.columns else None
        return symbols if table is None or table.array is None else table.as_array(symbols)

    def frame(self, symbols: Any) -> Any:
        """Symbols (rows, variables) as a pandas.DataFrame of the values that they stand for.

        It has the names and dtypes of the frame that the model was trained on; of a polars frame or
        a dict those that pandas chooses. Missing is what pandas writes for it in the dtype, None in
        one of objects; "<unseen>" a value that the model never met.
        """
        return self._table().frame(symbols)

    # ---- compression -------------------------------------------------------------------------

    def compress(
        self,
        X: Any,
        labels: Any = None,
        *,
        file: Any = None,
        learning_rate: float = 0.0,
        verify: bool = True,
        lossy: bool = False,
        local: Any = None,
    ) -> Any:
        """Lossless, at the rate that the likelihood promises; only this model restores it.

        Bytes; with `file`, a path or what has write(), they go there as they come, and a `Coding`
        is given. Of a model of texts X may be a binary file of any length: neither is ever held in
        memory, a text that has only read() is copied to a temporary file first.

        labels: of p(x | label), the numbers that the model was trained with; None: those that the
        data have. verify: what was coded is decoded again before a path gets its name, and before
        bytes are given; False: not, in half the time. lossy: of recordings; what the model does
        not take (channels, bits) is left out, not refused. local: as of log_prob; what is
        compressed holds it, so that decompress needs none.
        """
        from ._coding import compress

        return compress(self, X, labels, file, learning_rate, verify, lossy, local)

    def decompress(
        self,
        data: Any,
        *,
        file: Any = None,
        learning_rate: float = 0.0,
        with_labels: bool = False,
        salvage: bool = False,
        as_frame: bool = False,
    ) -> Any:
        """What `compress` was given, from bytes, a path or a binary file.

        Arrays as uint8 or uint16 (examples, *shape), of a table its symbols, which `frame` spells,
        as as_frame=True does at once; of an array whose columns were words its values; a text as
        str or bytes, several as a list. with_labels: a pair, of these and a list of their labels,
        or None. file: of one text, a path or what has write(): its bytes go there as they
        come, in memory that does not grow with them, and a `Coding` is given.

        salvage: of a damaged file what is left, and a `DamageWarning` that says how many chunks are
        not; else it is refused.

        Raises MismatchError for what another model compressed, CorruptError for what is damaged.
        """
        from ._coding import decompress

        how = {"learning_rate": learning_rate, "salvage": salvage}
        return decompress(self, data, file, how, with_labels, as_frame)

    def check(self, n: int = 8, *, seed: int = 1) -> dict[str, Any]:
        """Claims of the model, tried on n samples of its own, of its first label if it has such.

        "passed": whether all hold. "sums": surprisals sum to -log p(x) (largest difference,
        relative). "round_trip": samples come back from compression, whose coder runs the network
        step by step where log_prob runs it at once. "overhead_bits": what the compressed file takes
        beyond the likelihood. "total": p(x) summed over all x, where they are at most 65536; else
        None.
        """
        from ._check import check

        return check(self, n, seed)
