"""ActivitySim's coefficient files, there and back."""

from pathlib import Path

import pytest

from simhelm.simulators.transport.coefficients import read_coefficients, write_coefficients

TEXT = (
    "# of the tour mode choice\r\n"
    "coefficient_name,value,constrain\r\n"
    "coef_nest_root,1.00,T\r\n"
    'walk_ASC_work,-0.25,F\r\n"transit, all",1e-1,F\r\n'
    "\r\nbike_ASC_work,2,F"
)
NAMES = {"walk": "walk_ASC_work", "walk_transit": "transit, all", "bike": "bike_ASC_work"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "tour_mode_choice_coefficients.csv"
    file.write_bytes(TEXT.encode())
    return file


def test_constants_are_read(path: Path) -> None:
    assert read_coefficients(path, NAMES) == {"walk": -0.25, "walk_transit": 0.1, "bike": 2.0}


def test_only_what_changes_is_written(path: Path) -> None:
    write_coefficients(path, path, NAMES, {"walk": 1.0 / 3.0, "walk_transit": -1.0})
    expected = TEXT.replace("-0.25", repr(1.0 / 3.0)).replace(
        '"transit, all",1e-1', '"transit, all",-1.0'
    )
    assert path.read_bytes() == expected.encode()
    assert read_coefficients(path, NAMES)["walk"] == 1.0 / 3.0


def test_no_constants_change_nothing(path: Path, tmp_path: Path) -> None:
    write_coefficients(path, tmp_path / "copy.csv", NAMES, {})
    assert (tmp_path / "copy.csv").read_bytes() == TEXT.encode()


@pytest.mark.parametrize(
    ("names", "constants", "words"),
    [
        ({"walk": "walk_ASC_wrok"}, {"walk": 1.0}, "did you mean 'walk_ASC_work'"),
        ({"root": "coef_nest_root"}, {"root": 1.0}, "constrained"),
        (NAMES, {"wlak": 1.0}, "did you mean 'walk'"),
        (NAMES, {"walk": float("nan")}, "finite"),
    ],
)
def test_wrong_constants_are_refused(
    path: Path, names: dict[str, str], constants: dict[str, float], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        write_coefficients(path, path, names, constants)
    assert path.read_bytes() == TEXT.encode()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expected the columns"),
        ("name,value\na,1\n", "expected the columns"),
        ("coefficient_name,value\nwalk_ASC_work,1\nwalk_ASC_work,2\n", "twice"),
        ("coefficient_name,value\nwalk_ASC_work\n", "expected 2 cells"),
        ("coefficient_name,value\nwalk_ASC_work,inf\n", "expected a number"),
    ],
)
def test_wrong_files_are_refused(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "coefficients.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=words):
        read_coefficients(file, {"walk": "walk_ASC_work"})
