"""`editthinker ui`: a page in the browser to edit photos on."""

from pathlib import Path
from typing import Annotated

import typer

from editthinker.tools.errors import ConfigError


def ui(
    editor: Annotated[
        list[str] | None,
        typer.Option(help="Editor; several are tried in this order. [default: darkroom]"),
    ] = None,
    thinker: Annotated[str, typer.Option(help="Thinker.")] = "observer",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port on this machine; 0 for a free one.")
    ] = 7860,
    folder: Annotated[
        Path | None,
        typer.Option(help="Where runs are kept. [default: in the user's data folder]"),
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
) -> None:
    """Edit photos on a page in the browser; only this machine can reach it."""
    # Imported here so that `editthinker --help` stays fast.
    import os

    from platformdirs import user_data_path

    from editthinker.graph.desk import Desk

    # Before gradio is imported: it reports its use otherwise.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    try:
        from editthinker.graph.browser import serve_page
    except ImportError as exc:
        raise ConfigError(f"the page needs gradio ({exc}); pip install 'editthinker[ui]'") from exc

    home = folder or user_data_path("editthinker") / "ui"
    desk = Desk(home.absolute(), editor or ["darkroom"], thinker)
    serve_page(desk, port=port, open_browser=browser)
