"""Equality bit for bit, with a message that says where it ends."""

from __future__ import annotations

from typing import Any

import numpy as np


def assert_same(one: Any, two: Any, where: str) -> None:
    """Equal bit for bit, types and keys included; arrays and containers are walked through."""
    assert type(one) is type(two), f"{where}: {type(one).__name__} against {type(two).__name__}"
    if isinstance(one, dict):
        assert one.keys() == two.keys(), f"{where}: keys {sorted(one)} against {sorted(two)}"
        for key in one:
            assert_same(one[key], two[key], f"{where}, {key}")
    elif isinstance(one, (tuple, list)):
        assert len(one) == len(two), f"{where}: {len(one)} against {len(two)} items"
        for index, (a, b) in enumerate(zip(one, two, strict=True)):
            assert_same(a, b, f"{where}[{index}]")
    elif isinstance(one, np.ndarray):
        assert one.dtype == two.dtype, f"{where}: {one.dtype} against {two.dtype}"
        if one.dtype == object:  # arrays within, as the last observations of episodes
            assert_same(list(one), list(two), where)
        else:
            assert np.array_equal(one, two), f"{where}: {one} against {two}"
    else:
        assert one == two, f"{where}: {one!r} against {two!r}"
