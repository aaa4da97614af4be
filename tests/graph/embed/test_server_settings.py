"""What an operator may set, and what is said of a setting that cannot work."""

import pytest
from pydantic import ValidationError

from editthinker.graph.context import EditContext
from editthinker.graph.server_settings import ServerSettings, server_settings
from editthinker.tools.errors import ConfigError


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ServerSettings.model_fields:
        monkeypatch.delenv(f"EDITTHINKER_{name.upper()}", raising=False)
    server_settings.cache_clear()


def test_the_settings_of_a_run_are_narrowed() -> None:
    context = ServerSettings(max_turns=2, max_candidates=1, max_seconds=30).context
    assert isinstance(context, EditContext)
    assert (context.max_turns, context.candidates, context.budget_s) == (2, 1, 30)
    for beyond in ({"max_turns": 3}, {"candidates": 2}, {"budget_s": 31}, {"budget_s": None}):
        with pytest.raises(ValidationError):
            type(context).model_validate(beyond)
    fields = type(context).model_json_schema()["properties"]
    assert all(field.get("description") for field in fields.values())


def test_calls_of_models_end_in_time() -> None:
    policies = ServerSettings(max_seconds=30).policies
    assert (policies.edit_timeout_s, policies.think_timeout_s) == (30, 30)


def test_tokens_name_users_and_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITTHINKER_TOKENS", "ann:secret-1, bob:secret-2")
    settings = server_settings()
    assert settings.users == {"secret-1": "ann", "secret-2": "bob"}
    assert "secret-1" not in f"{settings!r} {settings} {settings.model_dump_json()}"


@pytest.mark.parametrize("tokens", ["just-a-secret", "ann:", ":secret-1", "ann:secret-1,bob"])
def test_tokens_that_cannot_work_are_refused_without_being_shown(
    tokens: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITTHINKER_TOKENS", tokens)
    with pytest.raises(ConfigError, match="EDITTHINKER_TOKENS") as refused:
        server_settings()
    assert "secret" not in str(refused.value)


def test_a_limit_that_cannot_work_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITTHINKER_MAX_TURNS", "99")
    with pytest.raises(ConfigError, match="EDITTHINKER_MAX_TURNS"):
        server_settings()
