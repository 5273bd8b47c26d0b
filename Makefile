# Two commands do everything: `make demo` and `make test`. Both may be repeated.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
SOURCES := simhelm tests benchmarks docs examples
DEPENDENCIES := pyproject.toml constraints.txt

.PHONY: demo test test-fenics lint types architecture docs wheel test-min bench chaos docker-check clean

demo: $(VENV)/base
	$(BIN)/simhelm run examples/heat.toml

# The tests share the cores already: threads of BLAS and torch beside them would only be in the way.
# Four at a time even on two cores, for many of them wait for other processes.
test: $(VENV)/test
	@sh tests/debian.sh
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 4 --dist worksteal
	@$(MAKE) --no-print-directory test-fenics

# PETSc and DOLFINx are one wheel for newer interpreters only: a second environment.
test-fenics:
	@PYTHON="$(PYTHON)" sh tests/fenics.sh

lint: $(VENV)/test
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)

types: $(VENV)/test
	$(BIN)/mypy

architecture: $(VENV)/test
	$(BIN)/lint-imports

# Into build/site. Warnings are errors; nothing is fetched.
docs: $(VENV)/docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

# sdist and wheel into dist/, checked, and a few tests against what the wheel installs.
wheel: $(VENV)/test
	@sh tests/wheel.sh

# A part of the tests with the lowest versions that pyproject.toml allows.
test-min: $(VENV)/test
	@sh tests/minimum.sh

# All scripts and one table of them, in runs/bench. PETSc and DOLFINx have an environment of their
# own (see test-fenics): where it exists, two scripts run once more in it.
bench: $(VENV)/test
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks --out runs/bench
	@if [ -e .venv-fenics/installed ]; then OMP_NUM_THREADS=1 .venv-fenics/bin/python -m benchmarks \
		--out runs/bench-fenics relaxation fem; fi

# Half an hour: 10,000 trials with an eye on memory and open files, then 200 kills of a study.
chaos: $(VENV)/test
	$(BIN)/python -m tests.calibration.study.chaos

# The lint, and with an engine or buildah the images TARGETS: see docker/check.sh.
docker-check: $(VENV)/test
	@sh docker/check.sh $(TARGETS)

clean:
	rm -rf $(VENV) .venv-fenics .venv-min build dist *.egg-info

$(VENV)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "simhelm needs Python 3.11 or newer; try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/base: $(VENV)/python $(DEPENDENCIES)
	@echo "installing simhelm into $(VENV) ..."
	$(INSTALL) --editable .
	@touch $@

$(VENV)/docs: $(VENV)/base
	@echo "installing what the documentation needs ..."
	$(INSTALL) --editable '.[docs]'
	@touch $@

$(VENV)/test: $(VENV)/base
	@echo "installing what the tests need ..."
	$(INSTALL) --editable '.[test]'
	@touch $@
