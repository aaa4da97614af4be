r"""The state machine: which nodes there are and how they follow each other.

```
START -> ingest -> [first?] -> plan ---------\
                      \-----------------------> editor nodes, one per editor
                                                     |
                      review <-- [next?] <-- critique (all new attempts of the turn)
                         \-> editor nodes        \-> select -> END
```
"""

from collections.abc import Callable, Sequence
from typing import Any, cast

from langgraph.graph import END, START, StateGraph
from langgraph.types import Send

from editthinker.graph.context import EditContext, current_context
from editthinker.graph.nodes import Nodes
from editthinker.graph.policies import EDIT_CACHE, INGEST_TRACE, Policies
from editthinker.graph.review import review_turn
from editthinker.graph.routes import route_critique, route_next, route_start
from editthinker.graph.state import EditInput, EditOutput, EditState, EditTask
from editthinker.graph.thinkers.base import Thinker
from editthinker.graph.toolbox import Toolbox
from editthinker.tools.blobs import BlobStore
from editthinker.tools.editors.base import Editor
from editthinker.tools.errors import ConfigError
from editthinker.tools.ingest import Limits

RESERVED = frozenset({"ingest", "plan", "critique", "review", "select"})
"""Node names that no editor may have."""

Builder = StateGraph[EditState, EditContext, EditInput, EditOutput]


def build_graph(
    editors: Sequence[str | Editor] = ("darkroom",),
    thinker: str | Thinker = "observer",
    blobs: BlobStore | str | None = None,
    *,
    context: EditContext | None = None,
    policies: Policies | None = None,
    limits: Limits | None = None,
) -> Builder:
    """Build the loop, uncompiled: the caller chooses checkpointer, store, cache and name.

    Args:
        editors: Editors or their names, in the order of escalation. Each becomes a node.
        thinker: A thinker or its name.
        blobs: Where images are kept: a store, a folder or an fsspec URL; by default the user's.
        context: Settings where a run brings none of its own. Its class checks those that a run
            brings, so a subclass with narrower bounds limits every run.
        policies: Time limits and retries of the nodes that call models.
        limits: Which images are too large or too small.

    Raises:
        ConfigError: if a name is unknown, doubled or the name of another node.
    """
    tools = Toolbox(editors, thinker, blobs)
    if clash := RESERVED.intersection(tools.editor_names):
        raise ConfigError(f"an editor cannot be called {min(clash)!r}: another node has that name")
    defaults = context or EditContext()
    policy = policies or Policies()
    nodes = Nodes(tools, defaults, limits)

    schema = type(defaults)
    builder = StateGraph(EditState, schema, input_schema=EditInput, output_schema=EditOutput)
    # langgraph 1.2 injects `error: NodeError` into error handlers, but its types do not say so.
    builder.add_node("ingest", nodes.ingest_request, trace_policy=INGEST_TRACE)
    builder.add_node(
        "plan",
        nodes.plan_prompt,
        retry_policy=policy.retry,
        timeout=policy.think_timeout,
        error_handler=cast("Any", nodes.skip_plan),
    )
    for name in tools.editor_names:
        builder.add_node(
            name,
            nodes.edit_image,
            input_schema=EditTask,
            retry_policy=policy.retry,
            timeout=policy.edit_timeout,
            cache_policy=EDIT_CACHE,
            error_handler=cast("Any", nodes.record_edit_failure),
        )
        builder.add_edge(name, "critique")
    builder.add_node(
        "critique",
        nodes.critique_edits,
        retry_policy=policy.retry,
        timeout=policy.think_timeout,
        error_handler=cast("Any", nodes.record_critique_failure),
    )
    builder.add_node("review", review_turn)
    builder.add_node("select", nodes.select_best)

    def routed(
        route: Callable[[EditState, EditContext], list[Send] | str],
    ) -> Callable[[EditState], list[Send] | str]:
        def route_with_settings(state: EditState) -> list[Send] | str:
            return route(state, current_context(state["settings"], defaults))

        route_with_settings.__name__ = route.__name__
        return route_with_settings

    editor_names = tools.editor_names
    builder.add_edge(START, "ingest")
    builder.add_conditional_edges("ingest", routed(route_start), ["plan", *editor_names])
    builder.add_conditional_edges("plan", routed(route_next), [*editor_names])
    builder.add_conditional_edges(
        "critique", routed(route_critique), ["review", "select", *editor_names]
    )
    builder.add_conditional_edges("review", routed(route_next), ["select", *editor_names])
    builder.add_edge("select", END)
    return builder


graph = build_graph().compile(name="edit_thinker")
"""The loop with the embedded pair, for Studio; whoever embeds it calls `build_graph`."""
