# Two commands do everything: `make demo` and `make test`. Both may be repeated.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
SOURCES := simhelm tests benchmarks
DEPENDENCIES := pyproject.toml constraints.txt

.PHONY: demo test test-fenics lint types architecture bench chaos docker-check clean

demo: $(VENV)/base
	$(BIN)/simhelm run examples/heat.toml

test: $(VENV)/test
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal
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

# With PETSc beside PyAMG, DOLFINx beside scikit-fem where its environment exists (see test-fenics).
bench: $(VENV)/test
	@if [ -e .venv-fenics/installed ]; then python=.venv-fenics/bin/python; else python=$(BIN)/python; fi; \
	$$python -m benchmarks.relaxation && $$python -m benchmarks.bandits && \
	$$python -m benchmarks.nbody && OMP_NUM_THREADS=1 $$python -m benchmarks.fem && \
	$$python -m benchmarks.study_overhead && $$python -m benchmarks.study_scale

# Half an hour: 10,000 trials with an eye on memory and open files, then 200 kills of a study.
chaos: $(VENV)/test
	$(BIN)/python -m tests.calibration.study.chaos

docker-check: $(VENV)/test
	$(BIN)/hadolint docker/Dockerfile

clean:
	rm -rf $(VENV) .venv-fenics build dist *.egg-info

$(VENV)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "simhelm needs Python 3.11 or newer; try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/base: $(VENV)/python $(DEPENDENCIES)
	@echo "installing simhelm into $(VENV) ..."
	$(INSTALL) --editable .
	@touch $@

$(VENV)/test: $(VENV)/base
	@echo "installing what the tests need ..."
	$(INSTALL) --editable '.[test]'
	@touch $@
