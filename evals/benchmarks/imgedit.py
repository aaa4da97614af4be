"""ImgEdit-Bench, Basic suite (PKU-YuanGroup/ImgEdit, code read at 547185d): 737 samples.

One call per sample gives three scores from 1 to 5. Two conventions of an overall number are in
use, and the official script prints none: the mean of the nine types (`macro`, the leaderboard's),
and the mean of all samples (`sample_mean`, the forks').
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from editthinker.evals.aggregate import round_like_python
from editthinker.evals.benchmarks.base import Ask, Evidence, Sample, Shown
from editthinker.evals.benchmarks.hub import data_folder, existing, read_json
from editthinker.evals.estimates import Cells, Values, macro, pooled
from editthinker.evals.formula import OVERALL, Compat, Metric, find_category
from editthinker.evals.replies import named_lines, named_lines_official
from editthinker.evals.scores import ScoreLine, number
from editthinker.tools.errors import ConfigError, ReplyParseError

HUB_ID = "sysuyy/ImgEdit"

LOW, HIGH, COUNT = 1.0, 5.0, 3

CRITERIA: Mapping[str, tuple[str, str, str]] = {
    "action": ("action fidelity", "identity preservation", "visual and anatomical coherence"),
    "add": ("instruction compliance", "visual naturalness", "physical and detail coherence"),
    "adjust": ("instruction compliance", "visual seamlessness", "physical and detail fidelity"),
    "background": ("instruction compliance", "visual seamlessness", "physical consistency"),
    "compose": ("instruction compliance", "visual naturalness", "physical consistency"),
    "extract": ("object selection and identity", "mask precision", "visual quality of the cut-out"),
    "remove": ("instruction compliance", "visual naturalness", "physical and detail integrity"),
    "replace": ("instruction compliance", "visual naturalness", "physical and detail integrity"),
    "style": ("style fidelity", "content preservation", "rendering quality"),
}
"""What the three scores of each type are about."""


class ImgEdit:
    """ImgEdit-Bench's Basic suite: nine types of edit."""

    name = "imgedit"
    rubrics: tuple[str, ...] = ("imgedit",)
    questions = 1.0
    headline = "macro"
    digits = 2
    sizes: Mapping[str, int] = {
        "extract": 117,
        "style": 100,
        "add": 95,
        "adjust": 94,
        "background": 94,
        "replace": 92,
        "remove": 86,
        "action": 36,
        "compose": 23,
    }

    def tables(self, line: ScoreLine) -> Sequence[str]:
        """There is one table."""
        return ("basic",)

    def category(self, line: ScoreLine) -> str:
        """Return the type; older data calls adjust `alter`, leaderboards call compose hybrid."""
        return find_category(line.category, self.sizes, {"alter": "adjust", "hybrid": "compose"})

    def read(self, line: ScoreLine, compat: Compat) -> Values:
        """Average the three scores; `official` takes the integers it finds, however many."""
        given = line.scores.get("scores") if isinstance(line.scores, dict) else line.scores
        given = list(given.values()) if isinstance(given, dict) else given
        items = given if isinstance(given, list) else [given]
        if compat == "official":
            known = [float(str(x)) for x in items if re.fullmatch(r"\d{1,9}(\.0+)?", str(x))]
        else:
            scores = [number(item, LOW, HIGH) for item in items]
            known = [score for score in scores if score is not None]
            if len(known) != COUNT or len(scores) != COUNT:
                known = []
        return {"score": round(sum(known) / len(known), 2) if known else None}

    def combine(self, cells: Cells, compat: Compat) -> list[Metric]:
        """Average over types, and over samples; sample and type means keep two decimals."""
        present = [c for c in self.sizes if (c, "score") in cells]
        types = [round_like_python(cells[c, "score"].mean, 2) for c in present]
        samples = pooled(cells, present, "score").mean
        return [
            Metric(OVERALL, "macro", macro(types), "score", tuple(self.sizes)),
            Metric(OVERALL, "sample_mean", samples, "score", tuple(self.sizes)),
        ]

    def load(self, data_dir: Path | None) -> Iterator[Sample]:
        """Yield the entries of `basic_edit.json`, or `singleturn.json` in the archive."""
        root = (
            data_folder(HUB_ID, data_dir, "**/singleturn.json", "Benchmark.tar")
            if (data_dir is None)
            else data_dir
        )
        found = sorted((*root.rglob("basic_edit.json"), *root.rglob("singleturn.json")))
        if not found:
            raise ConfigError(f"{str(root)!r} holds neither basic_edit.json nor singleturn.json")
        folders = [found[0].parent, found[0].parent / "singleturn", root]
        folders += [root / "singleturn", root / "img"]
        for key, entry in read_json(found[0]).items():
            folder = next((f for f in folders if (f / entry["id"]).is_file()), folders[0])
            yield Sample(
                id=str(key),
                category=str(entry["edit_type"]),
                instruction=str(entry["prompt"]),
                images=(existing(folder, entry["id"]),),
            )

    def asks(self, sample: Sample, evidence: Evidence) -> list[Ask]:
        """Ask once, with the criteria of the type."""
        kind = find_category(sample.category, self.sizes, {"alter": "adjust"})
        names = dict(zip(("first", "second", "third"), CRITERIA[kind], strict=True))

        def parse(reply: str) -> dict[str, list[float]]:
            return {"scores": named_lines(reply, COUNT, LOW, HIGH)}

        return [
            Ask(
                f"imgedit_{kind}",
                {"instruction": sample.instruction, **names},
                (Shown("", evidence.sources[0]), Shown("", evidence.edited)),
                ("scores",),
                parse,
                fallback="imgedit",
            )
        ]

    def places(self, sample: Sample) -> tuple[str, ...]:
        """Return the official place, then the forks'."""
        return (f"{sample.id}.png", f"gen_image/{sample.id}.png")

    def read_judgements(self, folder: Path, compat: Compat) -> Iterator[ScoreLine]:
        """Yield the replies of `result.json`; the types come from the data beside it.

        Raises:
            ConfigError: if `basic_edit.json`, which tells the types, is not below the folder.
        """
        path = next(iter(sorted(folder.rglob("result.json"))), None)
        types = next(
            iter(sorted((*folder.rglob("basic_edit.json"), *folder.rglob("singleturn.json")))), None
        )
        if path is None or types is None:
            raise ConfigError(
                f"{str(folder)!r} needs result.json and basic_edit.json, which tells the types"
            )
        replies, entries = read_json(path), read_json(types)
        for key, entry in entries.items():
            reply = replies.get(key)
            scores: list[float] | None = None
            if isinstance(reply, str):
                scores = _scores(reply, compat)
            yield ScoreLine(
                id=key,
                category=entry["edit_type"],
                scores={"scores": None if scores is None else list(scores)}
                if reply is not None
                else None,
            )


def _scores(reply: str, compat: Compat) -> list[float] | None:
    if compat == "official":
        return [int(score) for score in named_lines_official(reply)]
    try:
        return named_lines(reply, COUNT, LOW, HIGH)
    except ReplyParseError:
        return None
