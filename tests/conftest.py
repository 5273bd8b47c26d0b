"""For the whole test session: floating-point errors are failures, and the longest tests begin."""

from collections.abc import Iterator

import numpy as np
import pytest

# Of a minute and more on a slow machine: begun first, they are not waited for in the end.
LONGEST = frozenset(
    {
        "test_learning_to_relax_quick",
        "test_a_killed_master_loses_nothing",
        "test_f14_one_of_two_runs_wins",
        "test_readme_commands_run_in_their_order",
        "test_proposals_of_the_model_are_better_than_uniform_ones",
        "test_composite_model_needs_few_runs",
    }
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests first; the others keep their order."""
    items.sort(key=lambda item: item.name not in LONGEST)


@pytest.fixture(autouse=True)
def _floating_point_errors_raise() -> Iterator[None]:
    # Underflow is harmless: bumps and tails of exponentials reach zero.
    with np.errstate(divide="raise", over="raise", invalid="raise", under="ignore"):
        yield
