#!/bin/sh
# Run the tests that need PETSc or DOLFINx in an environment of its own, with the first
# interpreter that their wheel exists for: serially, and under mpiexec from within the tests. Says
# clearly when there is none; REQUIRE_FENICS=1 makes that a failure.
set -eu
environment=.venv-fenics

fits() {
    "$1" -c 'import sys, platform
sys.exit(not (sys.version_info >= (3, 12) and sys.platform == "linux" and platform.machine() == "x86_64"))' 2>/dev/null
}

find_interpreter() {
    for candidate in "${PYTHON:-python3}" python3.12 python3.13 python3.14 \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[2-9]*/bin/python; do
        if fits "$candidate"; then
            echo "$candidate"
            return
        fi
    done
}

interpreter=$(find_interpreter)
if [ -z "$interpreter" ]; then
    echo "PETSc and DOLFINx tests NOT RUN: they need Python 3.12 or newer on x86-64 Linux, none was found"
    exit "${REQUIRE_FENICS:-0}"
fi
stamp="$environment/installed"
if [ ! -e "$stamp" ] || [ pyproject.toml -nt "$stamp" ] || [ constraints.txt -nt "$stamp" ]; then
    echo "installing PETSc and DOLFINx into $environment ..."
    "$interpreter" -m venv "$environment"
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check \
        -c constraints.txt --editable '.[fenics,peers]' pytest
    touch "$stamp"
fi
# Missing libraries would make the tests skip: fail here instead.
"$environment/bin/python" -c 'import dolfinx_solver, petsc4py, dolfinx.fem'
"$environment/bin/python" -m pytest -p no:cacheprovider \
    tests/simulators/linear/test_backends.py tests/simulators/fem/test_dolfinx.py
