"""A small web server for one reader or a few: it answers GET and HEAD, and nothing else."""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import select
import socketserver
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from simhelm.core.cancellation import Cancellation
from simhelm.core.errors import ConfigurationError

log = logging.getLogger(__name__)

# WSGI's environment, start_response and application, of which typeshed has no importable names.
Request = dict[str, Any]
Respond = Callable[..., Any]
Application = Callable[[Request, Respond], Iterable[bytes]]

_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1"})


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Handler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        log.debug(format, *args)


@contextlib.contextmanager
def serving(application: Application, host: str, port: int) -> Iterator[str]:
    """Within: answer requests; gives the address, such as ``http://127.0.0.1:8080``.

    Args:
        application: what answers, by the standard WSGI.
        host: name or IPv4 address of the interface to listen at.
        port: 0 for a free one.

    Raises:
        ConfigurationError: one cannot listen there.
    """
    guarded = reading_only(application, own_names(host))
    try:
        server = make_server(host, port, guarded, server_class=_Server, handler_class=_Handler)
    except (OSError, OverflowError) as error:
        raise ConfigurationError(
            f"cannot listen at {host} port {port}: {error}; choose another with --host and --port "
            "(--port 0 finds a free one)"
        ) from error
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
        thread.start()
        try:
            yield f"http://{host}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def wait(stop: Cancellation) -> None:
    """Until a stop is asked for."""
    select.select([stop], [], [])


def own_names(host: str) -> frozenset[str]:
    """The names under which a server that only this machine reaches may be called; else none.

    A page elsewhere may make a browser ask a name of its own that leads here: such requests carry
    that name, and are refused. A server for other machines cannot know what they call it.
    """
    if host == "localhost":
        return _LOOPBACK_NAMES
    with contextlib.suppress(ValueError):
        if ipaddress.ip_address(host).is_loopback:
            return _LOOPBACK_NAMES | {host}
    return frozenset()


def reading_only(application: Application, names: frozenset[str]) -> Application:
    """The application behind a guard.

    Args:
        names: hosts that a request may name, empty for any.
    """

    def guarded(request: Request, respond: Respond) -> Iterable[bytes]:
        if request["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return _answer(respond, "405 Method Not Allowed", "this page can only be read")
        called = request.get("HTTP_HOST", "").rpartition(":")[0]
        if names and called not in names:
            return _answer(respond, "403 Forbidden", f"expected a host among {sorted(names)}")
        return application(request, respond)

    return guarded


def _answer(respond: Respond, status: str, text: str) -> list[bytes]:
    respond(status, [("Content-Type", "text/plain; charset=utf-8")])
    return [text.encode()]
