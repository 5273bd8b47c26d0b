"""The small version of the reproduction meets every bar that it contains."""

import pytest

from simhelm.papers import REPRODUCTIONS


def test_learning_to_relax_quick() -> None:
    parts = list(REPRODUCTIONS["learning-to-relax"].load()(quick=True))
    missed = [(part.title, row) for part in parts for row in part.rows if row.met is False]
    assert missed == []
    required = sum(row.met is True for part in parts for row in part.rows)
    assert required == 12 + 4 + 4 + 6


@pytest.mark.parametrize("name", REPRODUCTIONS)
def test_targets_exist(name: str) -> None:
    assert callable(REPRODUCTIONS[name].load())
