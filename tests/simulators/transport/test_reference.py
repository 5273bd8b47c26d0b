"""Pointers to named tuples of arrays, as kernels take them."""

from typing import Any, NamedTuple

import numba
import numpy as np
import pytest

from simhelm.core.compiled import compiled_in_place
from simhelm.simulators.transport.kernels.reference import reference


class _Inner(NamedTuple):
    number: Any


class _Group(NamedTuple):
    values: Any
    inner: Any
    size: Any


@compiled_in_place
def _halve(group: Any) -> float:
    total = 0.0
    for place in range(group.values.size):
        group.values[place] *= 0.5
        total += group.values[place]
    group.inner.number[0] += group.size
    return total


@compiled_in_place
def _halve_by_reference(group: Any) -> float:
    return _halve(reference(group))


@compiled_in_place
def _misspelt(group: Any) -> float:
    return float(reference(group).vaules[0])


def _group() -> _Group:
    return _Group(np.arange(5.0), _Inner(np.array([3])), 4)


def test_a_reference_reads_and_writes_the_arrays_of_its_group() -> None:
    by_value, by_reference = _group(), _group()
    assert _halve(by_value) == _halve_by_reference(by_reference) == 5.0
    assert by_reference.values.tolist() == by_value.values.tolist() == [0.0, 0.5, 1.0, 1.5, 2.0]
    assert by_reference.inner.number.tolist() == [7]


def test_an_unknown_field_does_not_compile() -> None:
    with pytest.raises(numba.TypingError, match="vaules"):
        _misspelt(_group())
