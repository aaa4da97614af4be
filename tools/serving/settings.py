"""What a service is started with, as data; a Ray Serve config file holds the same names."""

from pydantic import BaseModel, ConfigDict, Field, JsonValue, SecretStr

from editthinker.tools.editors.base import EDITORS, Editor
from editthinker.tools.editors.generators import GENERATORS
from editthinker.tools.errors import ConfigError


class ServiceSettings(BaseModel):
    """One service."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    editor: str = Field(description="Name of an editor or a generator.")
    options: dict[str, JsonValue] = Field({}, description="Options of the editor.")
    replicas: int = Field(1, ge=1, description="Copies of the model.")
    gpus: float | None = Field(None, ge=0, description="GPUs of each copy; None: 1 if any.")
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8005, ge=1, le=65535, description="Port to listen on.")
    ongoing: int = Field(4, ge=1, description="Calls that a copy holds at once.")
    max_queued: int = Field(100, ge=1, description="Calls that wait for a copy.")
    max_bytes: int = Field(64 * 2**20, ge=1024, description="Largest request.")
    timeout_s: float = Field(900, gt=0, description="Longest call.")
    token: SecretStr | None = Field(None, description="Bearer token that callers must send.")


def check_editor(name: str) -> None:
    """Raise `ConfigError` if there is no editor or generator of that name."""
    if name not in GENERATORS.names():
        EDITORS.check(name)


def make_editor(name: str, options: dict[str, JsonValue]) -> Editor:
    """Make an editor or a generator by its name.

    Raises:
        ConfigError: if there is none, or it does not take these options.
    """
    registry = GENERATORS if name in GENERATORS.names() else EDITORS
    try:
        return registry.load(name)(**options)
    except TypeError as exc:
        raise ConfigError(f"editor {name!r} does not take these options: {exc}") from exc
