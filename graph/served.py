"""The graphs as a server offers them: built once, within what its operator allows."""

from functools import lru_cache
from typing import Any

from editthinker.graph.build import build_graph
from editthinker.graph.chat import build_chat
from editthinker.graph.server_settings import ServerSettings, server_settings
from editthinker.graph.tracing import keep_pictures_out


@lru_cache(maxsize=1)
def edit_thinker() -> Any:
    """Return the loop."""
    return build_graph(**_parts(server_settings())).compile(name="edit_thinker")


@lru_cache(maxsize=1)
def chat() -> Any:
    """Return the chat."""
    return build_chat(**_parts(server_settings())).compile(name="chat")


def _parts(settings: ServerSettings) -> dict[str, Any]:
    keep_pictures_out()
    return {
        "editors": [name.strip() for name in settings.editors.split(",")],
        "thinker": settings.thinker,
        "context": settings.context,
        "policies": settings.policies,
        "limits": settings.limits,
    }
