"""Who sees what on a server with tokens: each user their own threads and runs, nobody the rest."""

from typing import Any

from langgraph_sdk import Auth

from editthinker.graph.server_settings import server_settings
from editthinker.graph.webapp import find_user

auth = Auth()
"""What `langgraph.json` names as `auth.path`. Without tokens there is one user, `anyone`."""

ANYONE = "anyone"


@auth.authenticate
async def authenticate(headers: dict[Any, Any]) -> str:
    """Name the user of a request.

    Raises:
        HTTPException: 401 where tokens are set and none of them is given.
    """
    users = server_settings().users
    if not users:
        return ANYONE
    plain = {_text(name).lower(): _text(value) for name, value in headers.items()}
    user = find_user(plain, users)
    if user is None:
        raise Auth.exceptions.HTTPException(status_code=401, detail="give a valid token")
    return user


@auth.on
async def keep_to_owner(ctx: Auth.types.AuthContext, value: dict[str, Any]) -> Any:
    """Mark what a user makes as theirs, and show them nothing else."""
    if ctx.user.identity == ANYONE:
        return None
    owner = {"owner": ctx.user.identity}
    if ctx.resource == "assistants":
        return ctx.action in ("read", "search")
    if ctx.resource not in ("threads",):
        return False
    metadata = value.setdefault("metadata", {}) if isinstance(value, dict) else {}
    if isinstance(metadata, dict):
        metadata.update(owner)
    return owner


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
