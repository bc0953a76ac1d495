"""Training."""

from __future__ import annotations

import numbers
import os
import sys
from typing import Any, Callable, Mapping, Sequence

import numpy as np

from . import _likely
from ._context import Progress, watched
from ._errors import Interrupted, InvalidError
from ._inputs import items_of
from ._kinds import utf8
from ._local import Local
from ._model import Model
from ._settings import check_seed, setting_text
from ._tables import Known

_NAMES = tuple(_likely.training_options())
_OPTIONS = frozenset(_NAMES)
_MEANING = ("unseen", "label", "text", "sound")  # of loading: what data are
_ONE_ALPHABET = "; integers of an array (frame.to_numpy()) are symbols of one alphabet"


class _Bar:
    """Epochs on standard error: a bar of tqdm where there is one, else lines."""

    def __init__(self) -> None:
        try:
            from tqdm.auto import tqdm
        except ImportError:
            tqdm = None
        self._bar = tqdm(unit="epoch", bar_format="{l_bar}{bar}| {n:.1f}/{total}") if tqdm else None

    def __call__(self, told: Progress) -> None:
        nats = f"train {told.train_nll_nats:.4f} valid {told.valid_nll_nats:.4f} nats"
        if self._bar is not None:
            self._bar.total = told.total or None
            self._bar.set_postfix_str(nats, refresh=False)
            self._bar.update(told.done - self._bar.n)
        elif told.epoch_ended:
            print(f"epoch {told.epoch}: {nats}", file=sys.stderr)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


def _settings(settings: Mapping[str, Any] | None, more: Mapping[str, Any]) -> tuple[list, dict]:
    """Options of any training, and the rest, which are the family's; both may stand in both."""
    twice = sorted(set(settings or ()) & set(more))
    if twice:
        raise TypeError(f"{', '.join(twice)}: given twice, in settings and beside them")
    given = {**(settings or {}), **more}
    options = {key: value for key, value in given.items() if key in _OPTIONS}
    chosen = {key: value for key, value in given.items() if key not in _OPTIONS}
    return [utf8(setting_text(key, value)) for key, value in chosen.items()], options


def _refuse_other(start: Any, labelled: bool, given: Mapping[str, Any]) -> None:
    """What the model to start from has of its own, where other is given; it would be ignored."""
    if not isinstance(start, Model):
        what = type(start).__name__
        raise TypeError(f"start is a {what}: expected a Model, as likely.load gives")
    if labelled and not start.labels:
        raise ValueError("the model to start from is of p(x), without labels: leave them out")
    own = {"family": start.family, "text": start.text, "label": start._known.label_column}
    for name in ("family", "order", "view", "window", "alphabet", "columns", *_MEANING):
        value = given.get(name)
        if value is None or value is False or (name in own and own[name] == str(value)):
            continue
        is_own = f" {own[name]!r}" if own.get(name) else ""
        raise TypeError(f"{name}: the model to start from has its own{is_own}: leave it out")


def _held_out(
    here: Any, items: Any, valid: Any, local: Any, known: Mapping[str, Any], how: dict
) -> tuple[Any, Any]:
    """Handles of the data to train on, and of those to validate on or None. known: the options."""
    train = items.handle(here)
    if local is not None and (valid is None or isinstance(valid, (int, float))):
        raise TypeError("valid_local goes beside data that are given as `valid`")
    if valid is None:
        return train, None
    if isinstance(valid, (bool, np.bool_)):
        raise TypeError("valid: expected a fraction, other data, or a pair of data and labels")
    if isinstance(valid, (numbers.Real, np.generic)):
        return _likely.split(here, train, float(valid), known["seed"])
    X, y = valid if isinstance(valid, tuple) else (valid, None)
    like = Known(train, _likely.describe_data(train)[2])
    found = items_of(here, X, y, known=like, is_model=False, local=Local(local), **how)
    if known.get("condition") and not found.labelled:
        raise ValueError("the data have labels, and the validation data none: valid=(X, y)")
    return train, found.handle(here)


def train(
    X: Any,
    y: Any = None,
    family: str | None = None,
    *,
    valid: Any = None,
    settings: Mapping[str, Any] | None = None,
    start: Model | None = None,
    progress: bool | Callable[[Progress], Any] | None = None,
    alphabet: Any = None,
    columns: str | Sequence[str] | None = None,
    loading: Mapping[str, Any] | None = None,
    local: Any = None,
    local_every: int | None = None,
    local_alphabet: int | None = None,
    valid_local: Any = None,
    epochs: int | None = None,
    minutes: float | None = None,
    seed: int | None = None,
    **options: Any,
) -> Model:
    """Trains a model by maximum likelihood, deterministically but for `minutes`.

    X: data, as `Model` says. An array is (examples, *shape), of symbols 0 .. alphabet - 1.
    y: labels (examples,), for a model of p(x | label).
    family: one of `likely.families()`; None: "made", of texts "charrnn", of sound "wavenet".
    valid: a fraction of X, other data, or a pair (X, y). With it the weights that did best on it
        are kept, and p-values are possible.
    settings: of the family, as `likely models FAMILY` lists them, and options of any training; any
        other keyword is one too: hidden=200, or hidden="500,500", or hidden=[500, 500].
    start: a model whose weights the training goes on from, with its family, order, labels and
        columns: no others can be given.
    progress: True: a bar, or lines; or a callable that is told a `Progress`; False from it ends the
        training, and the model so far is given.
    alphabet: 2 .. 65536, or one for each variable; None: one more than the largest value.
    columns: of an array (rows, columns) whose values are names or numbers of any size, not
        symbols: "words", or the columns' names. Each column then has the alphabet of the values
        that occur in it, and the model takes and gives such values.
    loading: of files, as lk_loading in likely.h: binarize, unseen, label (a column), labels (a
        file), shape, text ("bytes", "characters", "recordings"), sound and channel. Of frames:
        unseen (a symbol for values that are not met in training) and label.
    local: a slower sequence that goes with each text or recording, for families that take one:
        whole numbers from 0, one for every `local_every` symbols or frames. An array for each text,
        of one text the array, or a file or folder as `likely train --local` takes it. valid_local:
        of `valid`, if that is no fraction. local_alphabet: None: one more than the largest.
    seed: 0 to 2^64 - 1; None: 1.
    epochs, minutes, seed and, in options, batch, learning_rate, patience, order, view, window,
        optimizer, schedule, weight_decay, momentum, warmup_steps, decay, decay_epochs, clip, ema,
        slices, checkpoint: as lk_training in likely.h.

    Raises InvalidError for what is no setting, ValueError and TypeError for data that are none.
    After Ctrl-C the KeyboardInterrupt has the model so far as its attribute `model`, if any.
    """
    more = {"family": family, "epochs": epochs, "minutes": minutes, "seed": seed, **options}
    chosen, known = _settings(settings, {k: v for k, v in more.items() if v is not None})
    known.setdefault("seed", 1)
    check_seed(known["seed"])
    if "checkpoint" in known:
        known["checkpoint"] = os.fspath(known["checkpoint"])
    bar = _Bar() if progress is True else None
    how = dict(loading or {})
    labelled = y is not None or "label" in how or "labels" in how
    if start is not None:
        given = {**how, **known, "alphabet": alphabet, "columns": columns}
        _refuse_other(start, labelled, given)
    handle = None if start is None else start._handle
    with watched(bar or progress or None) as here:
        items = items_of(
            here,
            X,
            y,
            known=None if start is None else start._known,
            alphabet=alphabet,
            columns=columns,
            local=Local(local, local_every, local_alphabet),
            **how,
        )
        if items.count == 0:
            raise ValueError("there are no examples to train on")
        if labelled or (start is not None and start.labels):
            known.setdefault("condition", True)
        texts = not getattr(items, "values", True)
        sounds = how.get("text") == "recordings"
        usual = "wavenet" if sounds else "charrnn" if texts else "made"
        known["family"] = known.get("family") or (start.family if start else usual)
        if known.get("condition") and start is not None and not items.labelled:
            raise ValueError("the model to start from is of p(x | label), and the data have no y")
        data, held_out = _held_out(here, items, valid, valid_local, known, how)
        try:
            return Model(_likely.train(here, data, held_out, handle, chosen, known))
        except InvalidError as error:
            if str(error).startswith("unknown setting"):
                raise InvalidError(f"{error}; of any training: {', '.join(_NAMES)}") from None
            if str(error).endswith("different numbers of values"):
                raise InvalidError(f"{error}{_ONE_ALPHABET}") from None
            raise
        except (Interrupted, KeyboardInterrupt) as stop:
            kept = getattr(stop, "model", None)
            if kept is not None:
                model = Model(kept)
                if isinstance(stop, Interrupted):
                    return model
                stop.model = model  # type: ignore[attr-defined]
            raise
        finally:
            if bar is not None:
                bar.close()
