"""Scores of judges as files hold them: one JSON object per line.

```
{"id": "a1", "category": "style_change", "language": "en", "intersection": true,
 "scores": {"semantics": 8, "quality": 7}}
```

`scores` uses the benchmark's own names (see `evals/README.md`). A name whose value is null
is a reply that could not be read; `"scores": null` (or none) is an edit or a judgement that does
not exist. RISEBench lines may say `"consistency_free": true`. Other keys are ignored.
"""

from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from editthinker.tools.errors import ConfigError


class ScoreLine(BaseModel):
    """What a judge gave to one sample."""

    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True)

    id: str = Field(min_length=1, description="Of the sample; unique within category and language.")
    category: str = Field(description="As the benchmark names it.")
    language: str | None = Field(None, description="Of the instruction: en or cn.")
    intersection: bool | None = Field(None, description="GEdit: whether every early model did it.")
    consistency_free: bool | None = Field(None, description="RISE: consistency is not judged.")
    scores: dict[str, JsonValue] | list[JsonValue] | None = Field(
        None, description="By name; null where there is no judgement."
    )

    @field_validator("scores", mode="before")
    @classmethod
    def _named(cls, value: object) -> object:
        if value is None or isinstance(value, dict | list):
            return value
        raise PydanticCustomError("scores", "must be an object of scores by name, or null")

    @property
    def key(self) -> str:
        """Name of the sample within its benchmark."""
        return f"{self.language}/{self.category}/{self.id}"

    @property
    def is_missing(self) -> bool:
        """Whether there is nothing to read."""
        return not self.scores

    def score(self, name: str) -> JsonValue:
        """Return a score as it stands, None where there is none."""
        return self.scores.get(name) if isinstance(self.scores, dict) else None


def number(value: JsonValue, low: float, high: float) -> float | None:
    """Read a score strictly: a finite number within its scale, also as text; else None."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if low <= value <= high else None


def read_scores(path: Path) -> Iterator[ScoreLine]:
    """Read a file of scores, one line at a time.

    Raises:
        ConfigError: if it cannot be read, naming the line.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            for at, line in enumerate(file, 1):
                if line.strip():
                    yield _read_line(line, f"{path}:{at}")
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"scores {str(path)!r} cannot be read: {exc}") from exc


def _read_line(line: str, where: str) -> ScoreLine:
    try:
        return ScoreLine.model_validate_json(line)
    except ValidationError as exc:
        problem = exc.errors()[0]
        key = ".".join(map(str, problem["loc"])) or "line"
        raise ConfigError(f"{where}: {key}: {problem['msg']}") from exc
