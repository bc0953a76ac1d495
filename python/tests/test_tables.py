"""Tables: what goes in comes back value for value, with its dtype; what cannot is refused."""

import datetime
import decimal
import pathlib
import pickle

import numpy as np
import pytest

import likely

pandas = pytest.importorskip("pandas")


def same(one, other):
    """Names, dtypes and values, the missing ones too."""
    pandas.testing.assert_frame_equal(one.reset_index(drop=True), other.reset_index(drop=True))


def restored(table, **how):
    """Through training, a file and compression."""
    model = likely.train(table, family="histogram", **how)
    again = pickle.loads(pickle.dumps(model))
    frame = again.decompress(again.compress(table), as_frame=True)
    same(frame, model.decompress(model.compress(table), as_frame=True))
    drawn = model.sample(50, as_frame=True)
    assert (drawn.dtypes == frame.dtypes).all()
    assert np.array_equal(again.log_prob(drawn), model.log_prob(drawn))
    assert np.isfinite(model.log_prob(table)).all()
    return frame


WORDS = [" a ", "a", "A", "007", "7", "7.0", "", "NA", "nan", "?", "None", "#x", '"', 'a,"b', "a;b"]
WORDS += ["\t", "x\ny", "x\r\n", "é", "e\u0301", "\ufeffx", "日本", "<unseen>", "true", "-1", "1e3"]


@pytest.mark.parametrize("dtype", ["object", "string", "category"])
def test_words_are_exact(dtype):
    table = pandas.DataFrame({"w": WORDS * 3, "v": (WORDS[::-1]) * 3}).astype(dtype)
    same(restored(table), table)
    model = likely.train(table, family="histogram")
    assert len(set(model.log_prob(table[:1]))) == 1 and model.alphabet == len(WORDS)


def test_distinct_words_are_distinct():
    table = pandas.DataFrame({"w": ["a"] * 90 + [" a "] * 10})
    model = likely.train(table, family="histogram")
    many, few = np.exp(model.log_prob({"w": ["a", " a "]}))
    assert many == pytest.approx(0.9, abs=0.02) and few == pytest.approx(0.1, abs=0.02)
    with pytest.raises(likely.MismatchError, match=r"'a  '.*nearest are"):
        model.log_prob({"w": ["a  "]})


def test_digits_are_words():
    codes = pandas.DataFrame({"zip": ["007", "7", "07"] * 20}, dtype=object)
    same(restored(codes), codes)
    model = likely.train(codes, family="histogram")
    with pytest.raises(likely.MismatchError, match="a value of int: those of the model are of str"):
        model.log_prob({"zip": [7]})


def test_all_dtypes_come_back():
    n = 40
    table = pandas.DataFrame(
        {
            "int8": np.arange(n, dtype=np.int8) % 5 - 2,
            "uint64": np.array([2**64 - 1, 0] * (n // 2), dtype=np.uint64),
            "big-endian": np.arange(n).astype(">i4") % 3,
            "float": [1.0, np.nan, -3.0, 1e300] * (n // 4),
            "float32": np.array([1, 2] * (n // 2), dtype=np.float32),
            "bool": [True, False] * (n // 2),
            "Int64": pandas.array([1, None, -5, 2**62] * (n // 4), dtype="Int64"),
            "boolean": pandas.array([True, None] * (n // 2), dtype="boolean"),
            "string": pandas.array(["x", None] * (n // 2), dtype="string"),
            "object": ["x", None] * (n // 2),
            "objects": [10**30, 1] * (n // 2),
            "date": [datetime.date(2020, 2, 29), datetime.date(1, 1, 1)] * (n // 2),
            "ns": pandas.Timestamp("2020-01-01 00:00:00.000000001")
            + pandas.to_timedelta(np.arange(n) % 2, unit="s"),
            "zone": pandas.to_datetime(["2020-10-25 00:30", "2020-10-25 01:30"] * (n // 2))
            .tz_localize("UTC")
            .tz_convert("Europe/Rome"),
            "delta": pandas.to_timedelta([1, 10**15] * (n // 2), unit="ns"),
            "period": pandas.period_range("2020-01", periods=n, freq="M"),
            "cut": pandas.cut(np.linspace(0, 1, n), 4),
            "dates": pandas.cut(pandas.date_range("2020-01-01", periods=n), 3),
        }
    )
    table["object"] = table["object"].astype(object).where(table["object"].notna(), None)
    same(restored(table), table)


def test_times_of_the_standard_library():
    steps = [datetime.timedelta(-1, 5, 7), datetime.timedelta(3)]
    times = [datetime.time(23, 59, 59, 1), datetime.time(0)]
    moments = [datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc), datetime.datetime.max]
    moments[1] = moments[1].replace(tzinfo=datetime.timezone.utc)
    for values in (steps, times, moments):
        table = pandas.DataFrame({"a": pandas.Series(values * 9, dtype=object)})
        same(restored(table), table)


@pytest.mark.parametrize("category", [False, True])
def test_pandas_own_in_lists(category):
    """With no dtype that says what they are."""
    days, wide = pandas.Timestamp("2020-02-29"), pandas.Timestamp("2021-01-01 12:00:00.000000001")
    for values in (
        [pandas.Period("2020-02", "M"), pandas.Period("2019-12", "M")],
        [pandas.Period("2020-02", "M"), pandas.Period("2020-02-01", "D")],
        [pandas.Interval(days, wide), pandas.Interval(days, days, closed="both")],
        [pandas.Interval(0, 1), pandas.Interval(0.5, float("inf"))],
    ):
        column = pandas.Series(values * 9, dtype=object)
        levels = pandas.CategoricalDtype(values)
        table = pandas.DataFrame({"a": column.astype(levels) if category else column})
        same(restored(table), table)
        model = likely.train({"a": values * 9}, family="histogram")
        back = model.decompress(model.compress({"a": values * 9}), as_frame=True)
        assert back["a"].tolist() == values * 9


@pytest.mark.parametrize("category", [False, True])
def test_what_pandas_does_not_read_again(category):
    weeks = [pandas.Period("2020-01-03", "W-WED"), pandas.Period("2020-01-10", "W-WED")]
    years = [pandas.Period(year=12020, month=1, freq="M"), pandas.Period("2020-01", "M")]
    columns = [pandas.Series(years * 9)]
    if not category:  # whose dtype says what they are
        columns.append(pandas.Series(weeks * 9, dtype=object))
    if pandas.__version__ >= "2":  # before, all times are of nanoseconds
        columns.append(pandas.Series(np.array(["20001-01-01", "2020-01-01"] * 9, "M8[s]")))
        columns.append(pandas.Series(np.array([10**15, 5] * 9, "m8[s]")))
    for column in columns:
        column = column.astype("category") if category else column
        with pytest.raises(ValueError, match="'a' has the .*, which pandas does not read again"):
            likely.train({"a": column}, family="histogram")


def test_times_of_numpy_beyond_the_standard_library():
    for times in (["20001-01-01", "2020-01-01"], ["20001-01-01"] * 2, ["-0004-01-01"] * 2):
        with pytest.raises(ValueError, match="'a' has times outside of the years 1 to 9999"):
            likely.train({"a": np.array(times, "M8[D]")}, family="histogram")
    for steps in (np.array([10**15, 5], "m8[s]"), np.array([1, 2], "m8[Y]")):
        with pytest.raises(ValueError, match="'a' has durations that datetime.timedelta has not"):
            likely.train({"a": steps}, family="histogram")
    hours = {"a": np.array([1, 2] * 9, "m8[h]"), "b": np.array([1, 2] * 9, "M8[h]")}
    model = likely.train(hours, family="histogram")
    back = model.decompress(model.compress(hours), as_frame=True)
    assert back["a"][1] == pandas.Timedelta(2, "h") and back["b"][1].hour == 2


def test_missing_dates():
    table = pandas.DataFrame({"when": pandas.to_datetime(["2020-01-01", None] * 20)})
    same(restored(table), table)
    zones = pandas.DataFrame({"when": table["when"].dt.tz_localize("Asia/Tokyo")})
    same(restored(zones), zones)


def test_categories():
    """In their order, those that do not occur too."""
    kind = pandas.CategoricalDtype(["low", "mid", "high", " high"], ordered=True)
    table = pandas.DataFrame({"level": ["low", "high", None, "low"] * 10}).astype(kind)
    same(restored(table), table)
    model = likely.train(table, family="histogram")
    assert model.alphabet == 5  # four, and missing
    assert np.isfinite(model.log_prob({"level": ["mid"]})).all()
    assert (model.sample(20)[:, 0] < 5).all()
    for levels in ([2.5, -1.0], [10, 7], [True, False], [datetime.date(2020, 1, 1)]):
        kind = pandas.CategoricalDtype(levels)
        table = pandas.DataFrame({"level": pandas.Series(levels * 10).astype(kind)})
        same(restored(table), table)


def test_categories_that_are_no_series():
    values = ["low", None, "high"] * 10
    series = pandas.Series(values, dtype="category")
    for column in (series.array, pandas.CategoricalIndex(series)):
        table = pandas.DataFrame({"level": series})
        model = likely.train({"level": column}, family="histogram")
        same(model.decompress(model.compress(table), as_frame=True), table)
    y = pandas.Categorical(["u", "v"] * 15)
    model = likely.train(table, y, hidden=4, epochs=1)
    assert np.array_equal(model.log_prob(table, y), model.log_prob(table, ["u", "v"] * 15))


def test_integers_have_alphabets_of_their_own():
    table = pandas.DataFrame({"year": [2020, 2021, 100000, -1] * 10, "k": [0, 1, 2, 3] * 10})
    same(restored(table), table)
    model = likely.train(table, family="histogram")
    assert model.alphabet == 4 and model.info["parameters"] < 30
    assert np.exp(model.log_prob({"year": [-1], "k": [3]})) == pytest.approx(0.25, abs=0.05)
    assert model.log_prob({"year": [-1.0], "k": [0.0]}) == model.log_prob({"year": [-1], "k": [0]})
    with pytest.raises(likely.MismatchError, match="row 1: the column 'year' has the value 2019"):
        model.log_prob({"year": [2020, 2019], "k": [0, 1]})
    unseen = likely.train(table, family="histogram", loading={"unseen": True})
    assert np.isfinite(unseen.log_prob({"year": [2019], "k": [0]})).all()
    with pytest.raises(likely.InvalidError, match="unseen"):
        unseen.compress({"year": [2019], "k": [0]})


@pytest.mark.parametrize(
    "dtype",
    ["int64", ">i4", "uint16", "float32", "object", "U8", "M8[D]", "m8[s]", "m8[ns]"],
)
def test_arrays_of_words(dtype):
    values = np.array([[2020, 7], [1999, 100000], [-1, 7]] * 20)
    X = abs(values % 60000) if dtype == "uint16" else values
    X = X.astype(dtype)
    model = likely.train(X, family="histogram", columns="words")
    again = pickle.loads(pickle.dumps(model))
    assert model.columns == ["x0", "x1"] and model.alphabet == 3
    back = again.decompress(model.compress(X))
    assert back.dtype == X.dtype and np.array_equal(back, X)
    drawn = model.sample(30)
    assert drawn.dtype == X.dtype and np.isfinite(again.log_prob(drawn)).all()
    assert set(drawn[:, 0].tolist()) <= set(X[:, 0].tolist())
    assert model.sample().shape == (2,)
    assert model.surprisal(X).sum(axis=1) == pytest.approx(-model.log_prob(X))
    held = np.ma.MaskedArray(X[:1], mask=[[False, True]])
    assert (model.sample(4, given=held)[:, 0] == X[0, 0]).all()
    assert model.check()["passed"]


def test_given_of_arrays_of_words():
    """A mask hides what the model does not know; -1 is drawn where it is no value."""
    for values, other in ([2020, 1999], 7), (["a", "b"], "z"):
        X = np.array([values, values[::-1]] * 20)
        model = likely.train(X, columns="words", family="histogram")
        unknown = np.ma.MaskedArray(np.array([[values[1], other]]), mask=[[False, True]])
        for given in (unknown, unknown[0], [[values[1], -1]], [values[1], None]):
            drawn = model.sample(9, given=given)
            assert (drawn[:, 0] == values[1]).all() and set(drawn[:, 1]) <= set(values)
        with pytest.raises(ValueError, match=f"the column 'x1' has no value {other!r}"):
            model.sample(given=[[values[1], other]])
    model = likely.train(np.array([[-1, 7], [5, 7]] * 20), columns="words", family="histogram")
    assert (model.sample(9, given=[[-1, -1]]) == [-1, 7]).all()


def test_arrays_that_cannot_be_given_back():
    for dtype in ("U1025", getattr(getattr(np, "dtypes", None), "StringDType", lambda: "U9999")()):
        X = np.array([["a", "b"], ["c", "d"]] * 9).astype(dtype)
        with pytest.raises(TypeError, match=r"cannot be given back: .astype\(object\)"):
            likely.train(X, family="histogram", columns="words")
        model = likely.train(X.astype(object), family="histogram", columns="words")
        assert np.array_equal(model.decompress(model.compress(X)), X.astype(object))


def test_arrays_of_words_by_names():
    X = np.array([[2020, 1], [2021, 0]] * 20)
    model = likely.train(X, X[:, 1], columns=["year", "n"], hidden=4, epochs=1, valid=0.2)
    assert model.columns == ["year", "n"] and model.labels == ["0", "1"]
    assert np.array_equal(model.log_prob(pandas.DataFrame({"n": [1], "year": [2020]}), 1),
                          model.log_prob([[2020, 1]], 1))
    with pytest.raises(likely.MismatchError, match="2019"):
        model.log_prob([[2019, 1]], 1)
    for wrong in ("word", ["a"]):
        with pytest.raises(ValueError, match="columns|names"):
            likely.train(X, family="histogram", columns=wrong)
    for twice in (["a", "a"], [1, "1"], [1, 1.0]):
        with pytest.raises(ValueError, match="two columns are called"):
            likely.train(X, family="histogram", columns=twice)
    with pytest.raises(ValueError, match="axes"):
        likely.train(np.zeros((2, 2, 2), int), family="histogram", columns="words")
    with pytest.raises(TypeError, match="alphabet"):
        likely.train(X, family="histogram", columns="words", alphabet=9)


def test_arrays_of_words_unseen():
    X = np.array([[2020, 1], [2021, 0]] * 20)
    how = {"columns": ["year", "n"], "hidden": 4, "epochs": 1}
    model = likely.train(X, loading={"unseen": True, "label": "n"}, **how)
    assert model.columns == ["year"] and model.labels == ["0", "1"]
    assert np.isfinite(model.log_prob([[1999]], 1)).all()
    with pytest.raises(TypeError, match="unseen: of files"):
        likely.train(abs(X) % 2, loading={"unseen": True})


@pytest.mark.parametrize("dtype", ["int64", "bool", "U2", "float64", "M8[us]", "object"])
def test_unseen_is_no_value(dtype):
    """What is drawn for it is of objects, and has a likelihood as other values have."""
    X = (np.array([[12, 1], [0, 0]] * 20)).astype(dtype)
    model = likely.train(X, family="uniform", columns="words", loading={"unseen": True})
    drawn = model.sample(50)
    assert drawn.dtype == object and (drawn == "<unseen>").any()
    assert set(drawn.ravel().tolist()) == {*X.ravel().tolist(), "<unseen>"}
    assert model.log_prob(drawn) == pytest.approx(np.full(50, 2 * np.log(1 / 3)))
    assert model.check(300)["passed"]
    with pytest.raises(likely.InvalidError, match="unseen"):
        model.compress(drawn)
    table = pandas.DataFrame(drawn, columns=["x0", "x1"])
    assert np.isfinite(model.log_prob(table)).all()


def test_masks_are_no_values():
    X = np.array([[12, 1], [0, 0]] * 20)
    model = likely.train(X, X[:, 0], columns="words", hidden=4, epochs=1)
    masked = np.ma.MaskedArray(X, mask=X == 12)
    for call in (lambda: likely.train(masked, columns="words"), lambda: model.log_prob(masked, 0)):
        with pytest.raises(ValueError, match="a value is masked: None is missing"):
            call()
    for y in (masked[:, 0], np.ma.MaskedArray(["a", "b"] * 20, mask=[0, 1] * 20)):
        with pytest.raises(ValueError, match="a label is masked"):
            likely.train(X // 12, y)
        with pytest.raises(ValueError, match="a label is masked"):
            model.log_prob(X, y)
        with pytest.raises(ValueError, match="row . has no label"):
            likely.train(pandas.DataFrame(X), y)
    unmasked = np.ma.MaskedArray(X)
    assert np.array_equal(model.log_prob(unmasked, unmasked[:, 0]), model.log_prob(X, X[:, 0]))


def test_check_of_missing_values():
    X = np.array([[1.0, np.nan], [2.0, 3.0]] * 20)
    assert likely.train(X, family="histogram", columns="words").check()["passed"]


def test_lists_of_words_and_numbers_stay():
    X = [["a", 1], ["b", 2]] * 10
    model = likely.train(X, family="histogram", columns="words")
    assert model.decompress(model.compress(X)).tolist() == X


def test_missing_is_one_value():
    """Whatever says that a value is missing; an empty word is not missing."""
    table = pandas.DataFrame({"w": ["x", "", None, np.nan, pandas.NA] * 8}, dtype=object)
    model = likely.train(table, family="histogram")
    assert model.alphabet == 3
    back = model.decompress(model.compress(table), as_frame=True)["w"].tolist()
    assert back == ["x", "", None, None, None] * 8
    none, nan, na = model.log_prob({"w": [None, float("nan"), pandas.NA]})
    assert none == nan == na != model.log_prob({"w": [""]})[0]
    assert np.exp(none) == pytest.approx(0.6, abs=0.05)
    whole = likely.train({"w": ["x", "y"] * 9}, family="histogram")
    with pytest.raises(likely.MismatchError, match="row 1: the column 'w' has no value"):
        whole.log_prob({"w": ["x", None]})
    gone = pandas.DataFrame({"w": [None, None], "v": [1, 2]}, dtype=object)
    same(restored(gone), gone)


@pytest.mark.parametrize(
    "column, message",
    [
        ([1, "1"], "mixes values of int and str"),
        ([True, 1], "mixes values of bool and int"),
        ([1, 2.0], "mixes values of int and float"),
        ([b"a", b"b"], "a value of bytes"),
        ([(1,), (2,)], "a value of tuple"),
        ([[1], [2]], "a value of list"),
        ([{}, {}], "a value of dict"),
        ([decimal.Decimal(1), None], "a value of Decimal"),
        ([1j, 2j], "a value of complex"),
        ([0.5, 1.0], "the fraction 0.5"),
        ([datetime.date(2020, 1, 1), datetime.datetime(2020, 1, 1)], "mixes values of date and"),
        ([float("inf"), 1.0], "infinite"),
        (["\ud800", "a"], "surrogate"),
        (["\udcc3\udca9", "a"], "surrogate"),
        (["x" * 1025, "a"], "1025 bytes"),
        (["a\0", "a"], "zero character"),
        ("ab", "expected a list"),
        ((v for v in "ab"), "expected a list"),
        ({"a", "b"}, "expected a list"),
        ({1: 2}, "expected a list"),
    ],
)
def test_refused_columns(column, message):
    with pytest.raises((TypeError, ValueError), match=f"'w'.*{message}") as refused:
        likely.train({"w": column}, family="histogram")
    assert "\n" not in str(refused.value)


def test_undecodable_words_are_kept():
    """As Python reads names of files that are not UTF-8."""
    table = pandas.DataFrame({"w": ["caf\udce9", "café"] * 9}, dtype=object)
    same(restored(table), table)


def test_refused_tables():
    twice = pandas.DataFrame([[1, 2]] * 9, columns=["a", "a"])
    for table, message in (
        (twice, "two columns are called 'a'"),
        ({1: [1], "1": [2]}, "two columns are called '1'"),
        ({"": [1]}, "called ''"),
        ({"x" * 1025: [1]}, "1 to 1024 bytes"),
        ({"x\0": [1]}, "zero character"),
        ({"\ud800": [1]}, "surrogate"),
        ({}, "without columns"),
        (pandas.DataFrame(index=range(3)), "without columns"),
        (pandas.DataFrame({"a": []}), "no rows"),
        ({"a": [1], "b": [1, 2]}, r"columns of \[1, 2\] rows"),
        ({"a": range(65537)}, "65537 different values"),
    ):
        with pytest.raises(ValueError, match=message):
            likely.train(table, family="histogram")
    with pytest.raises(ValueError, match="has 2 axes"):
        likely.train({"a": [1, 2]}, pandas.DataFrame({"b": [1, 2]}))
    for how in ({"alphabet": 3}, {"columns": "words"}, {"loading": {"binarize": True}}):
        with pytest.raises(TypeError, match=f"{next(iter(how))}|binarize"):
            likely.train({"a": [1, 2]}, family="histogram", **how)


def test_families_of_one_alphabet():
    """A table of pixels is an array for them."""
    table = pandas.DataFrame({"a": [0, 3] * 20, "b": [0, 1] * 20, "c": [2, 1] * 20})
    table.loc[0, "c"] = 0
    with pytest.raises(likely.InvalidError, match="conv1d does not take .*frame.to_numpy"):
        likely.train(table, family="conv1d")
    model = likely.train(table.to_numpy(), family="conv1d", channels=4, epochs=1)
    assert model.alphabet == 4


def test_names_of_columns_come_back():
    for columns in (
        pandas.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)]),
        [0, 1, 2],
        ["x", 7, ("y", "z")],
    ):
        table = pandas.DataFrame([[1, 2, 3], [4, 5, 6]] * 9, columns=columns)
        same(restored(table), table)


def test_names_that_csv_would_take_for_something():
    names = ["Unnamed: 0", "rownames", "7", "#c", " x ", 'q"q', "a,b"]
    table = pandas.DataFrame({name: range(30) for name in names})
    same(restored(table), table)


def test_labels_come_back():
    table = pandas.DataFrame({"a": [1, 2] * 20})
    dates = [datetime.date(2020, 1, 1), datetime.date(2021, 1, 1)]
    for y in ([" x", "x"], [True, False], [10, 7], ["7", "10"], dates):
        model = likely.train(table, y * 20, hidden=4, epochs=1)
        _, labels = model.decompress(model.compress(table, y * 20), with_labels=True)
        assert labels == y * 20 and {type(v) for v in labels} == {type(v) for v in y}
        assert model.check()["passed"]
    with pytest.raises(ValueError, match="row 1 has no label"):
        likely.train(table, ["x", None] * 20, epochs=1)
    with pytest.raises(likely.MismatchError, match="value 'z'"):
        likely.train(table, ["x", "y"] * 20, hidden=4, epochs=1).compress(table, ["z"] * 40)
    labelled = table.assign(b=["u", "v"] * 20)
    model = likely.train(labelled, loading={"label": "b"}, hidden=4, epochs=1)
    assert model.columns == ["a"] and model.labels == ["u", "v"]
    numbered = labelled.rename(columns={"a": 0, "b": 1})
    of_numbers = likely.train(numbered, loading={"label": 1}, hidden=4, epochs=1)
    assert of_numbers.columns == ["0"] and of_numbers.labels == ["u", "v"]
    assert likely.train(numbered, loading={"label": 1}, start=of_numbers, epochs=1).labels
    assert np.array_equal(model.log_prob(labelled), model.log_prob(table, ["u", "v"] * 20))
    with pytest.raises(ValueError, match="twice"):
        model.compress(labelled, ["u", "v"] * 20)


def test_labels_of_arrays_are_words_or_integers(binary):
    y = np.where(binary[:, 0] == 1, "on", "off")
    model = likely.train(binary, y, hidden=4, epochs=1)
    assert model.labels == ["off", "on"]
    assert model.decompress(model.compress(binary, y), with_labels=True)[1] == y.tolist()
    model = likely.train(binary, binary[:, 0] * 10, hidden=4, epochs=1)
    labels = model.decompress(model.compress(binary, binary[:, 0] * 10), with_labels=True)[1]
    assert labels == (binary[:, 0] * 10).tolist()
    with pytest.raises(TypeError, match="digits"):
        likely.train(binary, np.where(y == "on", "1", "0"), epochs=1)
    for X in (binary, pandas.DataFrame(binary)):
        with pytest.raises(TypeError, match="'label' mixes values of int and str"):
            likely.train(X, [1, "a"] * 200)


def test_frames_and_files_are_one(tmp_path):
    """A frame, and the CSV that it is; a model of either."""
    table = pandas.DataFrame({"w": ["x", "y"] * 20, "n": [10, 200] * 20})
    table.to_csv(tmp_path / "t.csv", index=False)
    of_frame = likely.train(table, family="histogram")
    of_file = likely.train(tmp_path / "t.csv", family="histogram")
    for model in (of_frame, of_file):
        assert np.array_equal(model.log_prob(table), model.log_prob(tmp_path / "t.csv"))
    assert of_frame.fingerprint == of_file.fingerprint
    assert set(of_file.sample(9, as_frame=True)["n"]) <= {"10", "200"}  # a CSV says words
    table[["n"]].to_csv(tmp_path / "n.csv", index=False)
    integers = likely.train(tmp_path / "n.csv", family="histogram")
    assert integers.alphabet == 201 and np.isfinite(integers.log_prob(table[["n"]])).all()
    with pytest.raises(likely.MismatchError, match="integers of 0 to 200"):
        integers.log_prob({"n": [201]})


def test_training_goes_on_from_a_file(tmp_path):
    """Whose labels stood before the columns."""
    table = pandas.DataFrame({"y": ["u", "v"] * 20, "w": ["x", "y"] * 20, "n": ["1", "2"] * 20})
    table.to_csv(tmp_path / "t.csv", index=False)
    first = likely.train(tmp_path / "t.csv", loading={"label": "y"}, hidden=4, epochs=1)
    more = likely.train(table[["n", "w"]], table["y"].tolist(), start=first, epochs=2)
    assert more.labels == ["u", "v"] and more.columns == ["w", "n"]


def test_given_of_kinds():
    table = pandas.DataFrame({"n": [1, 2] * 20, "b": [True, False] * 20})
    model = likely.train(table, family="histogram")
    assert (model.sample(4, given={"n": np.array([2])}, as_frame=True)["n"] == 2).all()
    assert (model.sample(4, given=table[1:2][["n"]], as_frame=True)["n"] == 2).all()
    with pytest.raises(likely.MismatchError, match="a value of str"):
        model.sample(given={"n": "2"})
    with pytest.raises(ValueError, match="has 1 of 2 rows"):
        model.sample(given={"n": [1, 2], "b": [True]})


def test_training_on_frames_goes_on():
    table = pandas.DataFrame({"n": [2020, 2021] * 50, "w": ["x", "y"] * 50})
    first = likely.train(table, hidden=4, epochs=1, valid=0.2)
    more = likely.train(table[["w", "n"]], start=first, epochs=2, valid=table[:20])
    assert more.columns == ["n", "w"] and more.sample(2, as_frame=True)["n"].dtype == np.int64
    with pytest.raises(likely.MismatchError, match="1999"):
        likely.train(table.assign(n=1999), start=first, epochs=1)


def test_polars():
    polars = pytest.importorskip("polars")
    table = polars.DataFrame({"w": [" a", "a", None] * 9, "n": [2020, -1, 7] * 9})
    model = likely.train(table, family="histogram")
    back = model.decompress(model.compress(table), as_frame=True)
    assert back["n"].tolist() == table["n"].to_list()
    assert [None if v is None or v != v else v for v in back["w"]] == table["w"].to_list()


def test_arrow():
    pytest.importorskip("pyarrow")
    table = pandas.DataFrame({"w": [" a", "a", None] * 9, "n": [2020, None, 7] * 9})
    table = table.convert_dtypes(dtype_backend="pyarrow")
    same(restored(table), table)
    arrow = pytest.importorskip("pyarrow").table({"w": [" a", "a", None] * 9})
    model = likely.train(arrow, family="histogram")
    assert model.columns == ["w"] and model.alphabet == 3


@pytest.mark.parametrize(
    "remark",
    ["", "x", "[]", "[" * 1000, '{"kind": "none"}', '{"kind": ["a"]}', '{"kind": "str", "key": {}}']
    + ['{"kind": "str", "missing": "z"}', '{"kind": "str", "array": "S999999999"}', '{"dtype": 7}'],
)
def test_remarks_of_others_say_nothing(remark):
    from likely._words import remark_of

    assert remark_of(remark, ["a", "b"]) == {}
    ours = '{"kind": "str", "missing": "b", "key": ["a", 1], "ordered": false, "dtype": "str"}'
    assert remark_of(ours, ["a", "b"])["key"] == ["a", 1]


def test_labels_that_are_lacking():
    table, y = pandas.DataFrame({"a": [1, 2] * 20}), ["u", "v"] * 20
    with pytest.raises(ValueError, match=r"validation data none: valid=\(X, y\)"):
        likely.train(table, y, valid=table, epochs=1)
    model = likely.train(table, y, valid=(table, y), hidden=4, epochs=1)
    with pytest.raises(ValueError, match="the data have no y"):
        likely.train(table, start=model, epochs=1)
    with pytest.raises(likely.MismatchError, match="nearest are 'v', 'u'$"):
        likely.train(table, y, valid=(table, ["w"] * 40), epochs=1)
    with pytest.raises(ValueError, match="text is 'utf8': expected bytes, characters, recordings"):
        likely.train(pathlib.Path(__file__), loading={"text": "utf8"})


def test_columns_of_numpy():
    """Of a dict: pandas chooses the dtype where it has not the array's."""
    days = np.array(["2020-01-01", "NaT"] * 9, dtype="M8[D]")
    masked = np.ma.MaskedArray([1, 2] * 9, mask=[0, 1] * 9)
    table = {"days": days, "masked": masked, "steps": np.array([1, 2] * 9, dtype="m8[s]")}
    model = likely.train(table, family="histogram")
    back = model.decompress(model.compress(table), as_frame=True)
    assert back["days"][0] == pandas.Timestamp("2020-01-01") and back["days"].isna()[1]
    assert back["masked"][0] == 1 and back["masked"].isna().tolist() == [False, True] * 9
    assert back["steps"][1] == pandas.Timedelta(2, "s")


def test_a_row_for_each_that_is_given():
    table = pandas.DataFrame({"a": ["x", "y"] * 20, "b": ["u", "v"] * 20})
    settings = {"order_agnostic": True, "hidden": 8}
    model = likely.train(table, family="made", settings=settings, epochs=1)
    given = pandas.DataFrame({"a": ["x", None, "y"], "b": [None, "v", "u"]})
    drawn = model.sample(given=given, as_frame=True)
    assert len(drawn) == 3 and drawn.notna().all(axis=None)
    assert list(drawn["a"])[::2] == ["x", "y"] and list(drawn["b"])[1:] == ["v", "u"]
    assert model.sample(given=given).shape == (3, 2)
    assert model.sample(given=given.head(1)).shape == (2,)
    assert len(model.sample(2, given=given, as_frame=True)) == 2
