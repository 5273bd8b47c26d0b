"""Rows of the tables in which a measured number stands beside the bar that it has to pass."""

from __future__ import annotations


def bar_row(what: str, measured: float, bar: float, *, at_least: bool) -> dict[str, str]:
    """What was measured, the bar, and whether it is met."""
    met = measured >= bar if at_least else measured <= bar
    sign = "≥" if at_least else "≤"
    return {
        "what": what,
        "measured": f"{measured:.2f}",
        "bar": f"{sign} {bar:g}",
        "met": "yes" if met else "NO",
    }
