"""What to cite for an environment, a problem, a learner, a sampler or an algorithm."""

from __future__ import annotations

import dataclasses
import functools
import importlib.resources
import tomllib
from collections.abc import Mapping
from typing import Any

from simhelm.agents.bandits import LEARNERS, learner_names
from simhelm.agents.samplers.registry import REGISTRY, SAMPLERS
from simhelm.control.training.algorithms import CITES
from simhelm.core.did_you_mean import did_you_mean
from simhelm.envs.registration import SEQUENTIAL
from simhelm.simulators.registry import problem_targets
from simhelm.version import __version__

# Without these, nothing here would be what it is: the frame that each kind of thing stands in.
_FRAMES = {
    "environment": ("towers2024",),
    "problem": (),
    "learner": (),
    "sampler": ("akiba2019",),
    "algorithm": ("raffin2021",),
}
_SOFTWARE = "simhelm"


@dataclasses.dataclass(frozen=True)
class Reference:
    """A paper, a book or software.

    Attributes:
        key: in ``references.toml`` and in BibTeX.
        kind: of BibTeX, such as ``"article"``.
        authors: as "Family, Given"; a last "others" stands for et al.
        fields: the other fields of BibTeX.
    """

    key: str
    kind: str
    authors: tuple[str, ...]
    title: str
    year: int
    fields: Mapping[str, Any]

    def bibtex(self) -> str:
        """The entry for a bibliography, in UTF-8."""
        # Double braces keep a title's capitals, and a group's name, which is no "Family, Given".
        people = [
            name if "," in name or name == "others" else f"{{{name}}}" for name in self.authors
        ]
        lines: dict[str, object] = {"author": " and ".join(people), "title": f"{{{self.title}}}"}
        lines |= {"year": self.year, **self.fields}
        if "eprint" in lines:
            lines["archiveprefix"] = "arXiv"
        body = ",\n".join(f"  {name} = {{{_dashes(value)}}}" for name, value in lines.items())
        return f"@{self.kind}{{{self.key},\n{body}\n}}"

    def text(self) -> str:
        """The citation in words, on one line."""
        where = [str(self.fields[name]) for name in _PLACES if name in self.fields]
        if "eprint" in self.fields:
            where.append(f"arXiv:{self.fields['eprint']}")
        if "doi" in self.fields:
            where.append(f"doi:{self.fields['doi']}")
        parts = [
            f"{self._names()} ({self.year})",
            self.title,
            *([", ".join(where)] if where else []),
        ]
        return ". ".join(parts) + "."

    def _names(self) -> str:
        names = ["et al." if name == "others" else name for name in self.authors]
        if len(names) == 1:
            return names[0]
        joint = " " if names[-1] == "et al." else " and "
        return "; ".join(names[:-1]) + joint + names[-1]


_PLACES = ("journal", "booktitle", "publisher", "volume", "pages", "note")


def citations(name: str) -> list[Reference]:
    """The references behind a thing: its own first, then its frame's, then simhelm itself.

    Args:
        name: as ``simhelm list`` prints it; an environment also without ``simhelm/`` or version.

    Raises:
        KeyError: unknown name, with the nearest known one.
    """
    known = _known()
    found = known.get(name) or known.get(name.removeprefix("simhelm/"))
    if found is None:
        hint = did_you_mean(name, known)
        raise KeyError(f"unknown name {name!r}: see `simhelm list`{hint}")
    kind, own = found
    keys = dict.fromkeys((*own, *_FRAMES[kind], _SOFTWARE))
    return [references()[key] for key in keys]


def citable() -> list[str]:
    """All names that can be cited, the short ones of environments left out."""
    known = _known()
    return [*(entry.id for entry in SEQUENTIAL), *(name for name in known if "-v" not in name)]


@functools.cache
def references() -> dict[str, Reference]:
    """Everything in ``references.toml``, and simhelm."""
    text = importlib.resources.files("simhelm").joinpath("references.toml").read_text("utf-8")
    tables = tomllib.loads(text)
    found = {key: _reference(key, table) for key, table in tables.items()}
    version = {"note": f"version {__version__}"}
    title = "simhelm: learned controllers at the helm of scientific simulators"
    people = ("The simhelm developers",)
    return {**found, _SOFTWARE: Reference(_SOFTWARE, "misc", people, title, 2026, version)}


def _reference(key: str, table: dict[str, Any]) -> Reference:
    known = {name: table.pop(name) for name in ("kind", "title", "year")}
    return Reference(key, authors=tuple(table.pop("authors")), fields=table, **known)


def _known() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Kind and own references by name."""
    found = {name: ("algorithm", cites) for name, cites in CITES.items()}
    found |= {
        name: ("sampler", getattr(SAMPLERS.get(name), "cites", ())) for name in REGISTRY.targets
    }
    found |= {
        name: ("learner", getattr(LEARNERS.get(name), "cites", ())) for name in learner_names()
    }
    for name, target in problem_targets().items():
        try:
            cites = target.load().cites
        except ImportError:
            # Of another package, and broken: `simhelm list` says why.
            continue
        found[name] = ("problem", cites)
        found[f"{name}-v{target.version}"] = ("environment", cites)
    for entry in SEQUENTIAL:
        short = entry.id.removeprefix("simhelm/")
        found[short] = found[short.partition("-v")[0]] = ("environment", entry.cites)
    return found


def _dashes(value: object) -> str:
    return str(value).replace("-", "--") if _is_range(str(value)) else str(value)


def _is_range(text: str) -> bool:
    first, dash, last = text.partition("-")
    return bool(dash) and first.isdecimal() and last.isdecimal()
