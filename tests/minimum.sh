#!/bin/sh
# Run a part of the tests with the lowest versions of the direct dependencies that pyproject.toml
# allows, in an environment of its own. Extras are left out: their libraries are not there.
set -eu
environment=.venv-min
stamp="$environment/installed"
if [ ! -e "$stamp" ] || [ pyproject.toml -nt "$stamp" ]; then
    echo "installing the lowest versions into $environment ..."
    .venv/bin/python -m venv --clear "$environment"
    .venv/bin/uv pip compile --quiet --resolution lowest-direct --python .venv/bin/python \
        --output-file "$environment/lowest.txt" pyproject.toml >/dev/null
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check \
        -c "$environment/lowest.txt" --editable . pytest hypothesis psutil
    touch "$stamp"
fi
exec "$environment/bin/python" -m pytest -p no:cacheprovider \
    tests/test_import.py tests/control/steering/test_result.py tests/experiments/test_schema.py \
    tests/cli/test_citations.py tests/calibration/study/test_command_line.py \
    tests/agents/samplers/test_history_samplers.py tests/agents/test_tsallis.py \
    tests/core/test_problem.py tests/core/space tests/simulators/fem/test_mesh.py \
    tests/simulators/linear/test_matrix_market.py tests/simulators/executable/test_outputs.py
