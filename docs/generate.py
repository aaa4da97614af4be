"""Write the pages that follow from the code: the commands' help and the graph's drawing.

Run after a change of either: python docs/generate.py
"""

import os
from pathlib import Path

DOCS = Path(__file__).parent


def describe_commands() -> str:
    """Return the help of every command as a page."""
    os.environ.update(COLUMNS="100", TERMINAL_WIDTH="100", NO_COLOR="1")
    # typer reads the width when it is imported.
    import typer
    from typer.testing import CliRunner

    from editthinker.tools.cli import COMMANDS, build_app

    parts = ["# Commands\n\nWritten by `docs/generate.py`.\n"]
    app = build_app(COMMANDS.names())
    runner = CliRunner()

    def describe(command: typer.core.TyperCommand, name: str) -> None:
        shown = runner.invoke(app, [*name.split(), "--help"], prog_name="editthinker", color=False)
        text = "\n".join(line.rstrip() for line in shown.output.strip().splitlines())
        parts.append(f"## editthinker {name}\n\n```text\n{text}\n```\n")
        for below, inner in getattr(command, "commands", {}).items():
            describe(inner, f"{name} {below}")

    for name, command in typer.main.get_group(app).commands.items():
        describe(command, name)
    return "\n".join(parts)


def draw_graph() -> str:
    """Return the drawing of the two graphs as a page."""
    from editthinker.graph.build import graph
    from editthinker.graph.chat import chat

    parts = ["# The graphs\n\nDrawn by LangGraph from the compiled graphs (`docs/generate.py`).\n"]
    for title, compiled in (("edit_thinker", graph), ("chat", chat)):
        drawing = compiled.get_graph().draw_mermaid().strip()
        parts.append(f"## {title}\n\n```mermaid\n{drawing}\n```\n")
    return "\n".join(parts)


PAGES = {"cli.md": describe_commands, "graph.md": draw_graph}

if __name__ == "__main__":
    for page, make in PAGES.items():
        (DOCS / page).write_text(make())
