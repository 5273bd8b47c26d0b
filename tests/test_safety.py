"""Nothing in the library evaluates text, unpickles files, opens a shell or calls out by itself."""

from __future__ import annotations

import ast
import itertools
from pathlib import Path

import pytest

import simhelm

PACKAGE = Path(simhelm.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
# The contract says that problems and environments survive pickling, and looks whether they do.
CONTRACT = {PACKAGE / "testing" / name for name in ("environments.py", "problems.py")}
# Messages between the processes of one run, which multiprocessing would pickle all the same.
PROTOCOL = PACKAGE / "envs" / "vector" / "protocol.py"

# What each name would allow. multiprocessing and mpi4py pickle between processes of one run;
# nothing of that is ever read from a file.
FORBIDDEN_CALLS = {
    "eval", "exec", "compile", "os.system", "os.popen", "pickle.load", "pickle.loads",
    "cloudpickle.load", "cloudpickle.loads", "joblib.load", "dill.load", "dill.loads",
    "marshal.load", "marshal.loads", "shelve.open", "yaml.load", "yaml.unsafe_load",
    "subprocess.getoutput", "subprocess.getstatusoutput",
}  # fmt: skip
FORBIDDEN_IMPORTS = {"pickle", "cloudpickle", "dill", "marshal", "shelve", "joblib", "xmlrpc"}
NETWORK = {"urllib.request", "http.client", "requests", "httpx", "ftplib", "smtplib", "telnetlib"}


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def calls(module: ast.Module) -> list[tuple[str, ast.Call]]:
    return [
        (ast.unparse(node.func), node) for node in ast.walk(module) if isinstance(node, ast.Call)
    ]


def is_a_copy(name: str, call: ast.Call) -> bool:
    """``pickle.loads(pickle.dumps(x))``: nothing from elsewhere is read."""
    argument = call.args[0] if len(call.args) == 1 else None
    made_here = isinstance(argument, ast.Call) and ast.unparse(argument.func) == "pickle.dumps"
    return name == "pickle.loads" and made_here


def imports(module: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_text_becomes_code(path: Path) -> None:
    module = tree(path)
    named = [(name, call) for name, call in calls(module) if not is_a_copy(name, call)]
    forbidden = FORBIDDEN_CALLS - ({"pickle.loads"} if path == PROTOCOL else set())
    assert not {name for name, _ in named} & forbidden
    if path not in {*CONTRACT, PROTOCOL}:
        assert not {name.partition(".")[0] for name in imports(module)} & FORBIDDEN_IMPORTS
    assert not imports(module) & NETWORK
    for name, call in named:
        keywords = {word.arg: word.value for word in call.keywords}
        assert "shell" not in keywords, name
        if name.endswith(("numpy.load", "np.load")):
            allowed = keywords.get("allow_pickle", ast.Constant(value=False))
            assert isinstance(allowed, ast.Constant), name
            assert allowed.value is False, name
        if name.endswith("torch.load"):
            weights = keywords.get("weights_only")
            assert isinstance(weights, ast.Constant), name
            assert weights.value is True, name


def test_the_check_sees_what_it_looks_for() -> None:
    """The same walk finds each of these in a made-up module."""
    bad = ast.parse("import pickle\nfrom urllib import request\npickle.load(f)\nrun(c, shell=True)")
    assert {name for name, _ in calls(bad)} & FORBIDDEN_CALLS == {"pickle.load"}
    assert imports(bad) & FORBIDDEN_IMPORTS == {"pickle"}
    assert imports(bad) & NETWORK == {"urllib.request"}
    assert any(word.arg == "shell" for _, call in calls(bad) for word in call.keywords)


def test_no_security_rule_is_ignored_as_a_whole() -> None:
    import tomllib

    rules = {"S102", "S301", "S307", "S602", "S603", "S604", "S605", "S606", "S607"}
    root = Path(__file__).resolve().parents[1]
    with (root / "pyproject.toml").open("rb") as file:
        lint = tomllib.load(file)["tool"]["ruff"]["lint"]
    assert rules <= set(lint["select"])
    ignored = {*lint["ignore"], *itertools.chain(*lint["per-file-ignores"].values())}
    assert not {rule for rule in ignored if rule.startswith("S") and not rule.startswith("SIM")}
