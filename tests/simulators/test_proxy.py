"""Forests against scikit-learn's own, files that may be trusted, and the problem behind them."""

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from sklearn.ensemble import ExtraTreesRegressor

from simhelm.core.problem import Parameter
from simhelm.core.space import space_identity
from simhelm.simulators.accelerator.problem import Accelerator
from simhelm.simulators.proxy import (
    Forest,
    Proxy,
    ProxyOutput,
    ProxyProblem,
    load_proxy,
    save_proxy,
)
from simhelm.simulators.proxy.features import feature_names, features

PARAMETERS = (
    Parameter("kind", "categorical", "a", choices=("a", "b", "c")),
    Parameter("size", "categorical", 4, choices=(2, 4, 8), condition=("kind", ("b",))),
    Parameter("rate", "float", 0.5, 0.0, 1.0),
)
# A stump on ``kind = b``, and one on ``rate``; both for the one output.
STUMPS: dict[str, Any] = {
    "roots": np.array([0, 3]),
    "outputs": np.array([0, 0]),
    "feature": np.array([1, 0, 0, 4, 0, 0]),
    "left": np.array([1, -1, -1, 4, -1, -1]),
    "right": np.array([2, -1, -1, 5, -1, -1]),
    "threshold": np.array([0.5, 0, 0, 0.25, 0, 0]),
    "value": np.array([0.0, 1.0, 2.0, 0.0, 10.0, 20.0]),
    "base": np.array([100.0]),
}


def proxy(**changes: Any) -> Proxy:
    made = Proxy(
        "Toy",
        space_identity(PARAMETERS),
        PARAMETERS,
        (ProxyOutput("y", False, 0.5, 0.0, 121.0),),
        0.9,
        Forest(**STUMPS),
    )
    return dataclasses.replace(made, **changes)


def test_designs_as_rows() -> None:
    names = ["kind = a", "kind = b", "kind = c", "size", "rate"]
    assert feature_names(PARAMETERS) == names
    row = features(PARAMETERS, {"kind": "b", "size": 8, "rate": 0.25})
    assert row.tolist() == [0.0, 1.0, 0.0, 8.0, 0.25]
    # What does not exist stands at its default.
    row = features(PARAMETERS, {"kind": "c", "rate": 0.25})
    assert row.tolist() == [0.0, 0.0, 1.0, 4.0, 0.25]
    truth = (Parameter("flag", "categorical", True, choices=(True, False)),)
    assert features(truth, {"flag": False}).tolist() == [0.0, 1.0]


def test_stumps_by_hand() -> None:
    one = proxy()
    assert one.predict({"kind": "a", "rate": 0.2}) == {"y": 111.0}
    assert one.predict({"kind": "b", "size": 2, "rate": 0.2}) == {"y": 112.0}
    # 122 is beyond the data, and the interval says so.
    assert one.predict({"kind": "b", "size": 2, "rate": 0.9}) == {"y": 121.0}
    assert one.intervals({"kind": "b", "size": 2, "rate": 0.9}) == {"y": (121.5, 122.5)}
    rows = one.rows([{"kind": "a", "rate": 0.2}])
    assert one.forest.visits(rows).tolist() == [4]


def test_logarithms_and_failures() -> None:
    arrays = {**STUMPS, "outputs": np.array([0, 1]), "base": np.array([0.0, -10.0])}
    arrays["value"] = np.array([0.0, 1.0, 2.0, 0.0, 10.0, 11.0])
    output = ProxyOutput("y", True, np.log(2.0), 1.0, 100.0)
    one = proxy(outputs=(output,), forest=Forest(**arrays))
    values = one.predict({"kind": "a", "rate": 0.9})
    assert values is not None
    assert values["y"] == pytest.approx(math.e)
    low, high = one.intervals({"kind": "a", "rate": 0.9})["y"]
    assert [low, high] == pytest.approx([math.e / 2, 2 * math.e])
    assert one.predict({"kind": "a", "rate": 0.2}) is None


def test_a_file_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "toy.skops"
    save_proxy(proxy(), path)
    assert skops.io.get_untrusted_types(file=path) == []
    again = load_proxy(path)
    assert repr(dataclasses.replace(again, forest=proxy().forest)) == repr(proxy())
    for field in dataclasses.fields(Forest):
        assert np.array_equal(getattr(again.forest, field.name), STUMPS[field.name])


@pytest.mark.parametrize(
    ("changes", "hint"),
    [
        ({"left": np.array([1, -1, -1, 4, -1, 3])}, "behind their parent"),  # a loop
        ({"left": np.array([4, -1, -1, 4, -1, -1])}, "in its tree"),
        ({"right": np.array([2, -1, -1, 99, -1, -1])}, "in its tree"),
        ({"right": np.array([2, -1, -1, -7, -1, -1])}, "behind their parent"),
        ({"left": np.array([-3, -1, -1, 4, -1, -1])}, "behind their parent"),
        ({"roots": np.array([0, 9])}, "roots"),
        ({"roots": np.array([3, 0])}, "roots"),
        ({"outputs": np.array([0, 1])}, "outputs"),
        ({"outputs": np.array([0])}, "differ in length"),
        ({"value": np.zeros(5)}, "differ in length"),
        ({"value": np.full(6, np.nan)}, "finite"),
        ({"feature": np.zeros(6)}, "integers"),
        ({"base": "no array"}, "floats"),
    ],
)
def test_trees_that_are_none_are_refused(changes: dict[str, Any], hint: str) -> None:
    with pytest.raises(ValueError, match=hint):
        Forest(**{**STUMPS, **changes})


def test_columns_that_do_not_exist_are_refused() -> None:
    for column in (5, -1):
        forest = Forest(**{**STUMPS, "feature": np.array([1, 0, 0, column, 0, 0])})
        with pytest.raises(ValueError, match="column outside"):
            proxy(forest=forest)


def test_files_that_hold_more_than_arrays_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "forged.skops"
    rng = np.random.default_rng(0)
    model = ExtraTreesRegressor(2).fit(rng.random((9, 2)), rng.random(9))
    skops.io.dump({"about": "{}", "model": model}, path)
    with pytest.raises(ValueError, match="may be trusted"):
        load_proxy(path)
    skops.io.dump({"about": "{}"}, path)
    with pytest.raises(ValueError, match="not a proxy"):
        load_proxy(path)
    path.write_bytes(b"not an archive")
    with pytest.raises(ValueError, match="may be trusted"):
        load_proxy(path)
    with pytest.raises(ValueError, match="no such file"):
        load_proxy(tmp_path / "none.skops")


def test_a_proxy_of_something_else_is_refused() -> None:
    true = Accelerator()
    with pytest.raises(ValueError, match="one of Accelerator, got one of Toy"):
        ProxyProblem(true, proxy())
    with pytest.raises(ValueError, match="another space"):
        ProxyProblem(true, proxy(problem="Accelerator"))
    parameters = {"parameters": true.parameters, "space": space_identity(true.parameters)}
    with pytest.raises(ValueError, match="has no outputs"):
        ProxyProblem(true, proxy(problem="Accelerator", **parameters))
