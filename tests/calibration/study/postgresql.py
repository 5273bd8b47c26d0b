"""A real PostgreSQL server on loopback, for tests; nothing of it is left afterwards."""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.subprocesses import completed

# Debian keeps the server's programs away from PATH.
_PLACES = ("/usr/lib/postgresql", "/usr/pgsql")


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Within: the URL of an empty database. Skips the test where no server is installed."""
    programs = _programs()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed (Debian: postgresql)")
    folder, password, port = Path(tempfile.mkdtemp()), secrets.token_hex(8), _free_port()
    try:
        with _account() as owner:
            data = _prepared(programs, folder, password, owner)
            options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
            log = str(folder / "log")
            control = [str(programs / "pg_ctl"), "-D", str(data), "-w"]
            _run([*control, "-o", options, "-l", log, "start"], owner)
            try:
                yield f"postgresql+psycopg://simhelm:{password}@127.0.0.1:{port}/postgres"
            finally:
                _run([*control, "-m", "immediate", "stop"], owner)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path | None:
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).parent
    places = [path for place in _PLACES for path in Path(place).glob("*/bin/initdb")]
    return max(places).parent if places else None


@contextlib.contextmanager
def _account() -> Iterator[str | None]:
    """Who runs the server: it refuses root."""
    if os.getuid() != 0:
        yield None
        return
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip("PostgreSQL does not run as root, and there is no account postgres")
    yield "postgres"


def _prepared(programs: Path, folder: Path, password: str, owner: str | None) -> Path:
    (folder / "password").write_text(password, encoding="utf-8")
    if owner is not None:
        for path in (folder, folder / "password"):
            shutil.chown(path, owner)
    data = folder / "data"
    words = ["-U", "simhelm", "-A", "scram-sha-256", "--pwfile", str(folder / "password")]
    _run([str(programs / "initdb"), "-D", str(data), *words, "-N"], owner)
    return data


def _run(command: list[str], owner: str | None) -> None:
    # To files: a server that inherited a pipe would keep it open.
    with tempfile.TemporaryFile("w+") as output:
        done = completed(
            command, user=owner, capture_output=False, stdout=output, stderr=output, cwd="/"
        )
        output.seek(0)
        assert done.returncode == 0, output.read()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
