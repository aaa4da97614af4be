"""What the operator of a server allows, from environment variables."""

import os
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, create_model

from editthinker.graph.context import EditContext
from editthinker.graph.policies import Policies
from editthinker.tools.errors import ConfigError
from editthinker.tools.images import MAX_PIXELS
from editthinker.tools.ingest import Limits

PREFIX = "EDITTHINKER_"


class ServerSettings(BaseModel):
    """Settings of a server; each is the environment variable `EDITTHINKER_` + its name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    editors: str = Field("darkroom", description="Editors, separated by commas.")
    thinker: str = Field("observer", description="The thinker.")
    max_bytes: int = Field(32 * 2**20, ge=1024, description="Largest image, in bytes.")
    max_pixels: int = Field(
        MAX_PIXELS, ge=64, le=MAX_PIXELS, description="Largest image, in pixels."
    )
    max_turns: int = Field(32, ge=1, le=32, description="Most turns of a run.")
    max_candidates: int = Field(16, ge=1, le=16, description="Most edits per turn.")
    max_seconds: float = Field(
        1800.0, gt=0, description="No turn starts, and no call goes on, after so many seconds."
    )
    public_url: str = Field("", description="Where clients reach this server; for addresses.")
    tokens: SecretStr = Field(
        SecretStr(""),
        description="Who may use the server: `name:token`, separated by commas; empty: anyone.",
    )

    @property
    def users(self) -> dict[str, str]:
        """Names by token."""
        pairs = (pair.partition(":") for pair in self.tokens.get_secret_value().split(",") if pair)
        return {token.strip(): name.strip() for name, _, token in pairs}

    @property
    def limits(self) -> Limits:
        """Which images are too large."""
        return Limits(max_bytes=self.max_bytes, max_pixels=self.max_pixels)

    @property
    def max_body(self) -> int:
        """Most bytes of a request: an image as a data URI, and what goes with it."""
        return self.max_bytes * 4 // 3 + 2**20

    @property
    def policies(self) -> Policies:
        """Time limits of single calls."""
        default = Policies()
        return Policies(
            edit_timeout_s=min(default.edit_timeout_s, self.max_seconds),
            think_timeout_s=min(default.think_timeout_s, self.max_seconds),
        )

    @property
    def context(self) -> EditContext:
        """Default settings of a run, of a class that lets none ask for more than is allowed."""
        fields = EditContext.model_fields
        narrowed: dict[str, Any] = {
            "max_turns": (int, _field(4, self.max_turns, fields["max_turns"].description)),
            "candidates": (int, _field(1, self.max_candidates, fields["candidates"].description)),
            "budget_s": (
                float,
                Field(
                    self.max_seconds,
                    gt=0,
                    le=self.max_seconds,
                    description=fields["budget_s"].description,
                ),
            ),
        }
        limited: type[EditContext] = create_model("EditContext", __base__=EditContext, **narrowed)
        return limited()


def _field(default: int, most: int, description: str | None) -> Any:
    return Field(min(default, most), ge=1, le=most, description=description)


@lru_cache(maxsize=1)
def server_settings() -> ServerSettings:
    """Read the settings from the environment, once.

    Raises:
        ConfigError: naming the variable that cannot be used; never its value if it is secret.
    """
    names = ServerSettings.model_fields
    given = {n: os.environ[PREFIX + n.upper()] for n in names if os.environ.get(PREFIX + n.upper())}
    try:
        settings = ServerSettings.model_validate(given)
    except ValidationError as exc:
        problem = exc.errors()[0]
        raise ConfigError(f"{PREFIX}{str(problem['loc'][0]).upper()}: {problem['msg']}") from None
    # An empty token would let in whoever sends none.
    if not all(token and name for token, name in settings.users.items()):
        raise ConfigError(f"{PREFIX}TOKENS: write name:token, separated by commas")
    return settings
