"""The most memory that a simhelm process had resident.

Its own account is asked, not the kernel's usage record of a finished child: that one begins with
the memory of whoever started it.
"""

from __future__ import annotations

from pathlib import Path

# For ``python -c``, followed by the words of a simhelm command; the account ends stderr.
WATCHED = """
import atexit, sys
from pathlib import Path

def tell():
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    print(next(line for line in lines if line.startswith("VmHWM")), file=sys.stderr)

atexit.register(tell)
from simhelm.cli import main
main()
"""


def own_peak_bytes() -> int:
    """The account of this process."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return peak_bytes(next(line for line in lines if line.startswith("VmHWM")))


def peak_bytes(errors: str) -> int:
    """The account, from what a watched process wrote to stderr."""
    name, kilobytes, unit = errors.split()[-3:]
    assert (name, unit) == ("VmHWM:", "kB")
    return int(kilobytes) * 1024
