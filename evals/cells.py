"""Cells of a sweep: editor x thinker x mode, each with its compiled loop."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from langgraph.graph.state import CompiledStateGraph

from editthinker.evals.config import SweepConfig
from editthinker.evals.judges import JUDGES, Judge
from editthinker.evals.references import WithReferences
from editthinker.graph.build import build_graph
from editthinker.graph.context import EditContext, Mode
from editthinker.graph.thinkers.base import THINKERS, Thinker
from editthinker.tools.blobs import BlobStore
from editthinker.tools.editors.base import EDITORS, Editor
from editthinker.tools.errors import ConfigError

Loop = CompiledStateGraph[Any, EditContext, Any, Any]


@dataclass(frozen=True)
class Cell:
    """One editor with one thinker in one mode."""

    editor: str
    thinker: str
    mode: Mode
    context: EditContext
    loop: Loop

    @property
    def name(self) -> str:
        """Name in records."""
        return f"{self.editor}|{self.thinker}|{self.mode}"


@dataclass(frozen=True)
class Tools:
    """How editors, thinkers and judges are made; tests and embedders bring their own."""

    editor: Callable[[str, SweepConfig], Editor]
    thinker: Callable[[str, SweepConfig], Thinker]
    judge: Callable[[SweepConfig, bool], Judge | None]


def make_editor(name: str, config: SweepConfig) -> Editor:
    """Make an editor; `--endpoint` goes to those behind HTTP."""
    factory = EDITORS.load(name)
    if not config.endpoint:
        return factory()
    try:
        return factory(endpoints=config.endpoint)
    except TypeError as exc:
        if len(config.editors) > 1:  # another editor of the sweep takes the addresses
            return factory()
        raise ConfigError(f"editor {name!r} takes no --endpoint") from exc


def make_thinker(name: str, config: SweepConfig) -> Thinker:
    """Make a thinker; `--base-url` and the model go to those that are chat models."""
    given = {"base_url": config.base_url, "model": config.thinker_model}
    options: dict[str, object] = {key: value for key, value in given.items() if value}
    factory = THINKERS.load(name)
    if not options:
        return factory()
    options["max_concurrency"] = config.concurrency
    try:
        return factory(**options)
    except TypeError as exc:
        if len(config.thinkers) > 1:
            return factory()
        raise ConfigError(f"thinker {name!r} takes no --base-url or model") from exc


def make_judge(config: SweepConfig, has_program: bool) -> Judge | None:
    """Make the judge, or none.

    Raises:
        ConfigError: if the benchmark needs a model and none was named.
    """
    name = config.judge
    if name == "auto":
        if not has_program:
            raise ConfigError(
                f"{config.benchmark} is judged by a model; name one with --judge (such as "
                "gpt-4.1), or say --judge none"
            )
        name = "program"
    if name == "none":
        return None
    if name in ("program", "observer"):  # they measure, and have no options
        return JUDGES.load(name)()
    options: dict[str, object] = {
        "rubric_dir": config.rubric_dir,
        "passes": config.judge_passes,
        "expected_scores": config.judge_expected_scores,
        "cache_dir": config.judge_cache,
        "concurrency": config.concurrency,
    }
    if config.judge_model:
        options["model"] = config.judge_model
    if config.judge_url:
        options["base_url"] = config.judge_url
    return JUDGES.load(name)(**options)


TOOLS = Tools(make_editor, make_thinker, make_judge)
"""Everything by name, from the registries."""


def make_cells(config: SweepConfig, blobs: BlobStore, tools: Tools = TOOLS) -> list[Cell]:
    """Make every cell; editors and thinkers are shared between them.

    An editor to which another seed means nothing would make the same candidate again and again: its
    best-of-n makes one.
    """
    editors = {name: tools.editor(name, config) for name in config.editors}
    thinkers = {name: tools.thinker(name, config) for name in config.thinkers}
    cells = []
    for editor_name, editor in editors.items():
        for thinker_name, thinker in thinkers.items():
            for mode in config.executions:
                context = config.context(mode)
                if mode == "best-of-n":
                    n = config.max_turns if editor.capabilities.supports_seed else 1
                    context = context.model_copy(update={"max_turns": n, "candidates": n})
                loop = build_graph([WithReferences(editor)], thinker, blobs).compile()
                cells.append(Cell(editor_name, thinker_name, mode, context, loop))
    return cells
