"""The root of the command line.

A subcommand is an entry point of the group `editthinker.commands`: a function with typer
annotations, or a typer app, in a module that imports nothing heavy before it is called.
"""

import sys
import warnings
from collections.abc import Callable
from functools import wraps
from importlib.metadata import version
from os.path import isfile
from typing import Annotated, Any

import typer

from editthinker.tools.errors import ConfigError, EditThinkerError, MediaError
from editthinker.tools.plain import printable_text
from editthinker.tools.registry import Registry

COMMANDS: Registry[object] = Registry(kind="command", group="editthinker.commands")
"""Subcommands by name."""

INTERRUPTED = 130
"""Exit code after Ctrl-C."""


def build_app(commands: list[str]) -> typer.Typer:
    """Make the command line with the given subcommands."""
    app = typer.Typer(
        name="editthinker",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(_root)
    for name in commands:
        command: Any = COMMANDS.load(name)
        if isinstance(command, typer.Typer):
            for part in (command.registered_callback, *command.registered_commands):
                if part and part.callback and not hasattr(part.callback, "__wrapped__"):
                    part.callback = _with_exit_codes(part.callback)
            app.add_typer(command, name=name)
        else:
            app.command(name)(_with_exit_codes(command))
    return app


def main() -> None:
    """Run the command line; the exit code is 0 ok, 1 failed, 2 wrong usage, 130 interrupted."""
    # Pillow warns on stderr about damaged EXIF data, which is read no further.
    warnings.filterwarnings("ignore", module="PIL")
    known = COMMANDS.names()
    wanted = [name for name in sys.argv[1:2] if name in known]
    if "edit" in known and not wanted and sys.argv[1:] and isfile(sys.argv[1]):  # noqa: PTH113
        typer.echo(
            f"editthinker: name a command first: editthinker edit {sys.argv[1]} ...", err=True
        )
        sys.exit(2)
    build_app(wanted or known)()


def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=lambda on: _show_version() if on else None, is_eager=True
        ),
    ] = False,
) -> None:
    """Image editing that thinks while it edits."""


def _show_version() -> None:
    typer.echo(version("editthinker"))
    raise typer.Exit


def _with_exit_codes(command: Callable[..., None]) -> Callable[..., None]:
    @wraps(command)
    def run(*args: object, **options: object) -> None:
        try:
            command(*args, **options)
        except EditThinkerError as exc:
            typer.echo(f"editthinker: {printable_text(str(exc))}", err=True)
            raise typer.Exit(2 if isinstance(exc, ConfigError | MediaError) else 1) from exc
        except KeyboardInterrupt as exc:
            raise typer.Exit(INTERRUPTED) from exc

    return run
