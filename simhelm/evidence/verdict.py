"""What may be said of a learner's gain, by the interval around it."""

from __future__ import annotations


def verdict_sentence(low: float, high: float, evidence: str) -> str:
    """Learning pays where the whole interval of its gain is above 0.

    Args:
        low, high: the ends of the interval.
        evidence: what shows nothing where 0 is within it, in the plural.
    """
    if low > 0.0:
        return "Learning paid"
    shown = high < 0.0 or low == high == 0.0
    return "Learning did not pay" + ("" if shown else f", as far as {evidence} show")
