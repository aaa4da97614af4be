"""The second floor: the loop of editor and thinker as a LangGraph state machine."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from editthinker.graph.build import build_graph
    from editthinker.graph.context import EditContext
    from editthinker.graph.embed import edit_node
    from editthinker.graph.policies import Policies
    from editthinker.graph.toolkit import EditorToolkit, as_tool

__all__ = ["EditContext", "EditorToolkit", "Policies", "as_tool", "build_graph", "edit_node"]

_HOMES = {
    "build_graph": "build",
    "EditContext": "context",
    "Policies": "policies",
    "edit_node": "embed",
    "as_tool": "toolkit",
    "EditorToolkit": "toolkit",
}


def __getattr__(name: str) -> object:
    # Lazy, so that the command line can ask a command for its help without importing LangGraph.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
