"""The command ``simhelm``: data on stdout, everything else on stderr.

Exit codes: 0 done, 1 the run failed, 2 wrong usage or configuration, 3 stopped because too many
trials failed, 4 another process holds the lock, 5 unreadable directory, 130 and 143
interrupted by SIGINT and SIGTERM with everything saved.
"""

from __future__ import annotations

import sys

from simhelm.cli import benching, evaluating, looking, proxies, reproduction, running
from simhelm.cli.app import EXIT_FAILED, app, log
from simhelm.core.errors import Interrupted, SimhelmError

__all__ = [
    "app", "benching", "evaluating", "looking", "main", "proxies", "reproduction", "running",
]  # fmt: skip


def main() -> None:
    """Run the command line; the only place that turns errors into exit codes."""
    try:
        app(_flags_first(sys.argv[1:]))
    except Interrupted as error:
        log.error("%s", error)
        sys.exit(128 + error.signal_number)
    except SimhelmError as error:
        _fail(error, error.exit_code)
    except (ImportError, OSError, MemoryError) as error:
        _fail(error, EXIT_FAILED)
    except Exception as error:
        log.debug("traceback", exc_info=error)
        log.error(
            "simhelm: unexpected %s: %s (run again with --verbose to see where; please report it)",
            type(error).__name__,
            error,
        )
        sys.exit(EXIT_FAILED)


def _flags_first(arguments: list[str]) -> list[str]:
    """Let -v and -q stand after the verb, too: they belong to the whole command."""
    flags = [word for word in arguments if word in _FLAGS]
    return [*flags, *(word for word in arguments if word not in _FLAGS)]


_FLAGS = frozenset({"-v", "--verbose", "-q", "--quiet"})


def _fail(error: Exception, code: int) -> None:
    log.debug("traceback", exc_info=error)
    log.error("simhelm: %s", error)
    sys.exit(code)
