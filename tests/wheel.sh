#!/bin/sh
# Build sdist and wheel, check them, and run a few tests against the wheel: installed into an
# environment of its own that sees the libraries of .venv, from a directory without the checkout.
set -eu
python=${PYTHON_OF_TESTS:-.venv/bin/python}
rm -rf dist build/wheel
"$python" -m build --no-isolation --outdir dist . >/dev/null
"$python" -m twine check --strict dist/*
"$python" - <<'CHECK'
import pathlib, subprocess, tarfile, zipfile

(wheel,) = pathlib.Path("dist").glob("*.whl")
(source,) = pathlib.Path("dist").glob("*.tar.gz")
names = set(zipfile.ZipFile(wheel).namelist())
tracked = subprocess.run(["git", "ls-files", "simhelm"], text=True, capture_output=True, check=True)
missing = set(tracked.stdout.split()) - names
strangers = {name for name in names if not name.startswith("simhelm")}
assert not missing, f"not in the wheel: {sorted(missing)}"
assert not strangers, f"do not belong into the wheel: {sorted(strangers)}"
inside = {name.partition("/")[2] for name in tarfile.open(source).getnames()}
assert {"pyproject.toml", "README.md", "LICENSE", "simhelm/references.toml"} <= inside
CHECK
"$python" -m venv build/wheel
site=$(build/wheel/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
build/wheel/bin/python -m pip install --quiet --disable-pip-version-check --no-deps dist/*.whl
# The libraries behind the wheel's own directory; a .pth of an editable install there is not read.
"$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))' >"$site/libraries.pth"
mkdir build/wheel/checked
cp -r tests examples build/wheel/checked
cd build/wheel/checked
../bin/python -c 'import simhelm, sys; assert simhelm.__file__.startswith(sys.prefix), simhelm.__file__'
exec ../bin/python -m pytest -p no:cacheprovider -W error -q \
    tests/test_import.py::test_import_brings_in_nothing_heavy \
    tests/test_import.py::test_make_with_module_prefix_needs_no_import \
    tests/test_plugins.py tests/agents/test_policy.py tests/cli/test_citations.py \
    tests/experiments/test_schema.py tests/core/test_problem.py \
    "tests/cli/test_command_line.py::test_version_list_and_entry_point"
