"""`editthinker thinkers`: what can be chosen with `--thinker`."""

import typer


def thinkers() -> None:
    """List the thinkers that can be chosen."""
    # Imported here so that `editthinker --help` stays fast.
    from editthinker.graph.thinkers.base import THINKERS

    typer.echo("\n".join(THINKERS.describe()))
