"""`editthinker editors`: what can be chosen with `--editor`."""

import typer


def editors() -> None:
    """List the editors that can be chosen."""
    # Imported here so that `editthinker --help` stays fast.
    from editthinker.tools.editors.base import EDITORS

    typer.echo("\n".join(EDITORS.describe()))
