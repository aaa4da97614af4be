"""`editthinker edit`: one photo, one instruction, a folder of results."""

from collections.abc import Sequence
from os.path import isfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from editthinker.tools.errors import ConfigError

if TYPE_CHECKING:
    from editthinker.graph.session import Outcome

FAILED = frozenset({"editor_failed", "thinker_failed", "unparsable"})
"""Stop reasons that make the exit code 1, also where an earlier edit could be kept."""


def edit(
    photo: Annotated[
        str | None, typer.Argument(help="The photo to edit: PNG, JPEG, WebP ...")
    ] = None,
    instruction: Annotated[
        str | None, typer.Argument(help="What to change, in plain words and in quotes.")
    ] = None,
    more: Annotated[list[str] | None, typer.Argument(hidden=True)] = None,
    editor: Annotated[
        list[str] | None,
        typer.Option(help="Editor; several are tried in this order. [default: darkroom]"),
    ] = None,
    thinker: Annotated[str | None, typer.Option(help="Thinker. [default: observer]")] = None,
    mode: Annotated[
        str | None,
        typer.Option(
            help="single, think-before, think-while, think-before-and-while or best-of-n. "
            "[default: think-while]"
        ),
    ] = None,
    max_turns: Annotated[int | None, typer.Option(help="Most turns, 1-32. [default: 4]")] = None,
    candidates: Annotated[
        int | None, typer.Option(help="Edits per turn, 1-16. [default: 1]")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="First seed. [default: 0]")] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", help="Any other setting as NAME=VALUE, such as accept_semantic=9."),
    ] = None,
    model: Annotated[str | None, typer.Option(help="Model of the thinker.")] = None,
    base_url: Annotated[
        str | None,
        typer.Option(help="Address of the thinker's server, such as http://HOST:8000/v1."),
    ] = None,
    prompt_template: Annotated[
        str | None, typer.Option(help="File with the prompt that the thinker was trained on.")
    ] = None,
    thinker_option: Annotated[
        list[str] | None,
        typer.Option(help="Any other option of the thinker as NAME=VALUE, such as passes=3."),
    ] = None,
    editor_option: Annotated[
        list[str] | None,
        typer.Option(help="Option of the editors as NAME=VALUE, of one as EDITOR.NAME=VALUE."),
    ] = None,
    endpoint: Annotated[
        list[str] | None,
        typer.Option(help="Address of an editor behind HTTP; several share the work."),
    ] = None,
    box: Annotated[
        str | None,
        typer.Option(help="Edit the thing that fills this box: LEFT,TOP,RIGHT,BOTTOM in pixels."),
    ] = None,
    point: Annotated[
        str | None, typer.Option(help="Edit the thing under this point: X,Y in pixels.")
    ] = None,
    mask: Annotated[
        str | None,
        typer.Option(help="Edit where this picture is white; it is as large as the photo."),
    ] = None,
    review: Annotated[
        bool, typer.Option("--review", help="Ask you after every turn how to go on.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the results. [default: out/PHOTO]")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print run.json on stdout.")] = False,
    thread: Annotated[
        str | None, typer.Option(help="Keep checkpoints under this name, to resume after a crash.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with --thread.")] = False,
) -> None:
    """Edit a photo from plain words, and try again until the edit is good."""
    # Imported here so that `editthinker --help` stays fast.
    import asyncio

    from rich.console import Console

    from editthinker.graph.choices import Choices
    from editthinker.graph.context import EditContext, parse_settings
    from editthinker.graph.live import open_view
    from editthinker.graph.review import ReviewAnswer, ReviewPayload
    from editthinker.graph.review_terminal import ask_reviewer
    from editthinker.graph.session import Job, free_folder, resume_job, run_job
    from editthinker.tools.arguments import read_pairs
    from editthinker.tools.vision.marking import read_marking

    _check_words(photo, instruction, more or [])
    chosen: dict[str, object] = {
        "mode": mode,
        "max_turns": max_turns,
        "candidates": candidates,
        "seed": seed,
    }
    given = {name: value for name, value in chosen.items() if value is not None}
    for name, value in read_pairs("--set", setting or []).items():
        if name not in EditContext.model_fields:
            known = ", ".join(EditContext.model_fields)
            raise ConfigError(f"--set {name}: there is no such setting; known: {known}")
        given[name] = value
    if review:
        given["review"] = True
    context = parse_settings(given)
    named_options = {"model": model, "base_url": base_url, "prompt_template": prompt_template}
    options: dict[str, object] = {k: v for k, v in named_options.items() if v is not None}
    options |= read_pairs("--thinker-option", thinker_option or [])
    choices = Choices(
        thinker_options=options,
        editor_options=read_pairs("--editor-option", editor_option or []),
        endpoints=endpoint or [],
    )

    console = Console(stderr=True)
    view = open_view(console)

    def ask(payload: ReviewPayload) -> ReviewAnswer:
        with view.paused():
            return ask_reviewer(payload, console=console)

    marking = read_marking(box, point, mask)
    if thread is not None and not thread.strip():
        raise ConfigError("--thread needs a name, such as --thread holiday")
    if resume:
        if marking:
            raise ConfigError("--resume keeps the mask that the run was started with")
        if thread is None:
            raise ConfigError("--resume needs the name that the run was given: --thread NAME")
        expect: dict[str, object] = {name: getattr(context, name) for name in given}
        if editor:
            expect["editors"] = editor
        named = {"photo": photo, "instruction": instruction, "thinker": thinker}
        expect |= {name: value for name, value in named.items() if value is not None}
        if out:
            expect["out"] = str(out.resolve())
        work = resume_job(thread, view.show, ask, expect=expect, choices=choices)
    else:
        if photo is None or instruction is None:
            raise ConfigError(
                "say which photo and what to change: editthinker edit photo.jpg 'make it warmer'"
            )
        job = Job(
            photo=photo,
            instruction=instruction,
            out=out or free_folder(Path("out") / Path(photo).stem[:80]),
            editors=tuple(choices.editor(name) for name in editor or ["darkroom"]),
            thinker=choices.thinker(thinker or "observer"),
            context=context,
            thread=thread,
            marking=marking,
        )
        work = run_job(job, view.show, ask)
    with view:
        outcome = asyncio.run(work)
    record = outcome.record
    typer.echo(record.model_dump_json(indent=2) if json else summarise(outcome))
    if record.stop_reason in FAILED or record.result is None:
        typer.echo(f"editthinker: {record.error or record.stop_reason}", err=True)
        raise typer.Exit(1)


def _check_words(photo: str | None, instruction: str | None, more: Sequence[str]) -> None:
    """Say what is wrong where photo and instruction stand in another order or number."""
    right = "editthinker edit photo.jpg 'make it warmer'"
    if more:
        raise ConfigError(
            f"there are {2 + len(more)} arguments; name one photo, and put the instruction in "
            f"quotes: {right}"
        )
    # Pathlib raises where a text is too long for a name.
    if photo and instruction and isfile(instruction) and not isfile(photo):  # noqa: PTH113
        raise ConfigError(f"name the photo first, then what to change: {right}")


def summarise(outcome: "Outcome") -> str:
    """Say how a run ended and where its results lie."""
    record, folder = outcome.record, outcome.folder
    lines = []
    if record.result:
        kept = next(
            t
            for t in record.turns
            if (t.turn, t.candidate) == (record.result.turn, record.result.candidate)
        )
        scores = "not scored"
        if kept.semantic is not None and kept.quality is not None:
            scores = f"semantic {kept.semantic:.1f}, quality {kept.quality:.1f}"
        lines.append(f"{record.stop_reason}: kept turn {kept.turn} ({scores})")
        lines.append(f"result  {folder / (record.result.file or '')}")
    else:
        lines.append(f"{record.stop_reason}: no edit was made")
    if failed := record.usage.format_failures:
        lines.append(f"format  {failed} of {len(record.turns)} edits had an unreadable reply")
    if record.source_note:
        lines.append(f"note    {record.source_note}")
    lines.append(f"page    {folder / 'index.html'}")
    return "\n".join(lines)
