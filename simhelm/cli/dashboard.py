"""The verb ``dashboard``: a page to look at."""

from __future__ import annotations

from typing import Annotated

import typer

from simhelm.cli.app import DirectoryArgument, app, log


@app.command()
def dashboard(
    directory: DirectoryArgument,
    host: Annotated[
        str, typer.Option(help="Address to listen at; by default only this machine can connect.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(help="To listen at; 0 finds a free one.", min=0, max=65535)
    ] = 8080,
) -> None:
    """Show a study, run or training in a browser, also while it is under way; Ctrl-C ends it.

    Prints the address of the page. Nothing in DIR is written, and the page cannot change anything.
    """
    from simhelm.calibration.dashboard.application import page_of
    from simhelm.calibration.dashboard.serving import own_names, serving, wait
    from simhelm.core.cancellation import Cancellation
    from simhelm.experiments.signals import signals

    page = page_of(directory)
    if not own_names(host):
        log.warning("whoever can reach %s can read this study: there is no password", host)
    stop = Cancellation()
    with signals(stop), serving(page.application, host, port) as address:
        typer.echo(f"{address}{page.start}")
        wait(stop)
