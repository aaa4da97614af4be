"""`editthinker serve`: models as services. `serve editor` is here; others are plug-ins."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from editthinker.tools.errors import ConfigError
from editthinker.tools.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

SERVERS: "Registry[object]" = Registry(
    kind="server",
    group="editthinker.serve",
    builtin={"editor": "editthinker.tools.serving.cli:editor"},
)
"""What can be served, by name; each is a function with typer annotations."""

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Hosts that only this machine reaches; for these Ray's own ports stay on loopback as well."""

_RAY_DEFAULTS = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_SERVE_LOG_TO_STDERR": "0"}


def build_app() -> typer.Typer:
    """Make the command with a subcommand for everything that can be served."""
    app = typer.Typer(help="Serve a model to other machines.", no_args_is_help=True)
    app.callback()(_root)
    for name in SERVERS.names():
        command: Callable[..., object] = SERVERS.load(name)
        app.command(name)(command)
    return app


def _root() -> None:
    """Serve a model to other machines."""


def editor(
    name: Annotated[str, typer.Argument(help="Editor or generator: see `editthinker editors`.")],
    replicas: Annotated[int, typer.Option(min=1, help="Copies of the model.")] = 1,
    gpus: Annotated[
        float | None,
        typer.Option(min=0, help="GPUs of each copy. [default: 1 where there are any, else 0]"),
    ] = None,
    host: Annotated[str, typer.Option(help="0.0.0.0 to serve other machines.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8005,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", help="Option of the editor as NAME=VALUE, such as steps=20."),
    ] = None,
    ongoing: Annotated[
        int, typer.Option(min=1, help="Calls that a copy holds, and may do together.")
    ] = 4,
    max_queued: Annotated[
        int, typer.Option(min=1, help="Calls that wait for a copy; more are told to come later.")
    ] = 100,
    max_mb: Annotated[int, typer.Option(min=1, help="Largest request in MiB.")] = 64,
    cluster: Annotated[
        str | None, typer.Option(help="Address of a running Ray cluster to join, such as auto.")
    ] = None,
    metrics_port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Port of Prometheus metrics, without a --cluster."),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(help="File with the bearer token. [default: EDITTHINKER_EDITOR_TOKEN]"),
    ] = None,
) -> None:
    """Serve an editor over HTTP on Ray Serve: /edit, /edit-upload, /v1/images/edits."""
    # Imported here so that `editthinker --help` stays fast.
    from editthinker.tools.arguments import read_pairs
    from editthinker.tools.serving.settings import ServiceSettings, check_editor

    check_editor(name)
    if cluster and metrics_port:
        raise ConfigError("a cluster has its own metrics: ray start --metrics-export-port")
    settings = ServiceSettings(
        editor=name,
        options=read_pairs("--set", setting or []),
        replicas=replicas,
        gpus=gpus,
        host=host,
        port=port,
        ongoing=ongoing,
        max_queued=max_queued,
        max_bytes=max_mb * 2**20,
        token=_token(token_file),
    )
    for variable, value in _RAY_DEFAULTS.items():
        os.environ.setdefault(variable, value)  # Ray reads them when it is imported
    if cluster is None and host in LOOPBACK:
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    try:
        from editthinker.tools.serving.ray_serve import serve_forever
    except ImportError as exc:
        raise ConfigError(
            f"serving needs a package that is not installed ({exc}); "
            "pip install 'editthinker[serve]'"
        ) from exc
    if host not in LOOPBACK and not settings.token:
        typer.echo(
            f"editthinker: everybody who reaches {host}:{port} can use this service; set "
            "EDITTHINKER_EDITOR_TOKEN to ask for a token",
            err=True,
        )
    typer.echo(f"serving {name} on http://{host}:{port}", err=True)
    serve_forever(settings, cluster, metrics_port)


def _token(file: Path | None) -> str | None:
    if file is None:
        return os.environ.get("EDITTHINKER_EDITOR_TOKEN") or None
    try:
        return file.read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"the token file {str(file)!r} cannot be read: {exc}") from exc


app = build_app()
