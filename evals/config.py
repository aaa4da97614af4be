"""What a sweep runs: flags and a small YAML file become one checked, frozen object."""

from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, field_validator

from editthinker.evals.formula import Compat
from editthinker.graph.context import EditContext, Mode, parse_settings
from editthinker.tools.errors import ConfigError


class SweepConfig(BaseModel):
    """Every setting of a sweep; the same file is written beside its results."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    benchmark: str = Field(description="gedit, imgedit, rise, kris, pocket, or a plug-in's.")
    data_dir: Path | None = Field(None, description="The official folder; else from the hub.")
    editors: tuple[str, ...] = Field(("darkroom",), min_length=1, description="Each its own row.")
    endpoint: tuple[str, ...] = Field((), description="Addresses of editors behind HTTP.")
    thinkers: tuple[str, ...] = Field(("observer",), min_length=1, description="Each its own row.")
    base_url: str | None = Field(None, description="Address of the thinker's API, with /v1.")
    thinker_model: str | None = Field(None, description="Model of the thinker, where it has many.")
    modes: tuple[Mode, ...] = Field(
        ("single", "think-while"), min_length=1, description="Each its own row."
    )
    max_turns: int = Field(4, ge=1, le=32, description="Most turns, and candidates of best-of-n.")
    best_of_n: bool = Field(True, description="Whether best-of-n stands next to every loop.")
    settings: dict[str, JsonValue] = Field({}, description="Other settings of the loop.")
    judge: str = Field("auto", description="A judge, none, or auto: program where there is one.")
    judge_model: str | None = Field(None, description="Model of the judge, where it has many.")
    judge_url: str | None = Field(None, description="Address of the judge's API, with /v1.")
    judge_passes: int = Field(1, ge=1, le=64, description="Replies per question, averaged.")
    judge_expected_scores: bool = Field(False, description="Scores as expectation over tokens.")
    judge_cache: Path | None = Field(None, description="Folder of replies; else the user's cache.")
    rejudge: int = Field(20, ge=0, description="Images that a model judges twice, for drift.")
    rubric_dir: Path | None = Field(None, description="The official texts; else our own.")
    concurrency: int = Field(64, ge=1, le=4096, description="Samples under way at once.")
    limit: int | None = Field(None, ge=1, description="A stratified sample of this size.")
    seed: int = Field(0, ge=0, description="Of the stratified sample and of the bootstrap.")
    budget_usd: float | None = Field(None, gt=0, description="Stop before spending more.")
    compat: Compat = Field("strict", description="Whether to repeat the official scripts' quirks.")
    max_failed: float = Field(0.25, ge=0, le=1, description="Refuse an aggregate above this share.")

    @field_validator("data_dir", "judge_cache", "rubric_dir")
    @classmethod
    def _from_anywhere(cls, path: Path | None) -> Path | None:
        """Resolve a folder, so that a run can be resumed from another one."""
        return path and path.expanduser().absolute()

    def context(self, mode: Mode) -> EditContext:
        """Return the loop's settings for a mode.

        Loops run on until they are accepted or their turns are used up, as in the paper, unless
        `settings` holds another patience.

        Raises:
            ConfigError: if one of `settings` is wrong.
        """
        fixed = {"mode": mode, "max_turns": self.max_turns}
        if clash := fixed.keys() & self.settings.keys():
            raise ConfigError(f"settings cannot hold {min(clash)}; it has its own flag")
        return parse_settings({"patience": self.max_turns, **self.settings, **fixed})

    @property
    def executions(self) -> tuple[Mode, ...]:
        """Modes that are really run.

        The first turn of a loop is its one-edit mode; best-of-n always stands next to a loop.
        """
        wanted = set(self.modes)
        if "think-while" in wanted:
            wanted -= {"single"}
        if "think-before-and-while" in wanted:
            wanted -= {"think-before"}
        if self.best_of_n and wanted & {"think-while", "think-before-and-while"}:
            wanted |= {"best-of-n"}
        order: tuple[Mode, ...] = (
            "single",
            "think-before",
            "think-while",
            "think-before-and-while",
            "best-of-n",
        )
        return tuple(mode for mode in order if mode in wanted)


def make_config(given: Mapping[str, object]) -> SweepConfig:
    """Check settings of a sweep.

    Raises:
        ConfigError: naming the setting, its value and what it may be.
    """
    try:
        config = SweepConfig.model_validate(dict(given))
    except ValidationError as exc:
        problem = exc.errors()[0]
        name = ".".join(map(str, problem["loc"])) or "settings"
        raise ConfigError(f"{name} = {str(problem.get('input'))[:80]!r}: {problem['msg']}") from exc
    config.context(config.modes[0])
    return config


def read_config(path: Path) -> dict[str, object]:
    """Read a YAML file of settings.

    Raises:
        ConfigError: if it cannot be read or holds something else.
    """
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as exc:
        raise ConfigError(f"settings {str(path)!r} cannot be read: {exc}") from exc
    if not isinstance(found, dict):
        raise ConfigError(f"settings {str(path)!r} must be names and values")
    return {str(name): value for name, value in found.items()}


def write_config(path: Path, config: SweepConfig, about: Mapping[str, JsonValue]) -> None:
    """Write the settings of a run, with what else is needed to repeat it."""
    values = {"config": config.model_dump(mode="json"), "about": dict(about)}
    fresh = path.with_name(f".{path.name}.new")  # a run that is killed now leaves no half of it
    fresh.write_text(yaml.safe_dump(values, sort_keys=False, allow_unicode=True), encoding="utf-8")
    fresh.replace(path)


def reopen_config(path: Path) -> SweepConfig:
    """Read the settings that a run wrote.

    Raises:
        ConfigError: if they cannot be read.
    """
    found = read_config(path).get("config")
    if not isinstance(found, dict):
        raise ConfigError(f"{str(path)!r} was not written by a sweep")
    return make_config(found)
