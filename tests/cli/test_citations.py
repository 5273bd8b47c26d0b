"""``simhelm cite``: everything that can be named has references, and no reference is idle."""

from __future__ import annotations

import re

import pytest

from simhelm.cli.catalogue import catalogue
from simhelm.cli.citations import citable, citations, references
from tests.subprocesses import run_simhelm

LISTED = [row["name"] for row in catalogue() if row["kind"] not in ("reproduction", "executor")]


@pytest.mark.parametrize("name", sorted({*LISTED, *citable()}))
def test_what_is_listed_can_be_cited(name: str) -> None:
    found = citations(name)
    assert found[-1].key == "simhelm"
    assert len({reference.key for reference in found}) == len(found)


def test_every_reference_is_cited_by_something() -> None:
    cited = {reference.key for name in citable() for reference in citations(name)}
    assert {*references()} - {"towers2024"} <= cited
    assert "towers2024" in {reference.key for reference in citations("ModeChoice-v0")}


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("simhelm/Heat2D-v0", "khodak2024"),
        ("NBody", "plummer1911"),
        ("TPESampler", "bergstra2011"),
        ("TsallisINF", "zimmert2021"),
        ("ppo", "schulman2017"),
        ("simhelm/DramController-v0", "krishnan2023"),
    ],
)
def test_own_references_come_first(name: str, key: str) -> None:
    own = [reference.key for reference in citations(name)]
    assert key in own[:-1]


@pytest.mark.parametrize("key", sorted(references()))
def test_entries_are_well_formed(key: str) -> None:
    reference = references()[key]
    entry = reference.bibtex()
    assert re.match(rf"@(article|book|inproceedings|misc)\{{{key},\n", entry)
    assert entry.count("{") == entry.count("}")
    fields = set(re.findall(r"^  (\w+) = \{.+\},?$", entry, flags=re.MULTILINE))
    assert {"author", "title", "year"} <= fields
    assert len(fields) == len(entry.splitlines()) - 2
    place = {"article": "journal", "inproceedings": "booktitle", "book": "publisher"}
    assert place.get(reference.kind, "title") in fields
    assert "\n" not in reference.text()
    assert f"({reference.year})" in reference.text()
    for name in reference.authors:
        assert name.count(",") == 1 or name in {"others", "The simhelm developers"}


def test_command_prints_both_forms() -> None:
    done = run_simhelm("cite", "GaussianThompson", check=True)
    words, entry, *_ = done.stdout.split("\n\n")
    assert words.startswith("Khodak, Mikhail; Jung, Min Ki; ")
    assert entry.startswith("@misc{khodak2025,\n  author = {Khodak, Mikhail and Jung, Min Ki and ")


def test_a_misspelt_name_is_helped() -> None:
    done = run_simhelm("cite", "simhelm/Heat2-v0")
    assert done.returncode == 2
    assert "did you mean" in done.stderr
    assert "Heat2D" in done.stderr
