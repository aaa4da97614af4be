"""The card of a data set: what it holds, where it comes from, and what may be done with it."""

import hashlib
from collections.abc import Iterable, Mapping
from importlib.resources import files

import yaml

from editthinker.graph.thinkers.prompts import load_prompt
from editthinker.training.dataset_folder import SplitCounts
from editthinker.training.ledger import Ledger
from editthinker.training.selection import LEVELS, level_name

LICENCES: Mapping[str, str] = {
    "gedit": "MIT, as the data set card of stepfun-ai/GEdit-Bench says",
    "imgedit": "none stated by sysuyy/ImgEdit",
    "rise": "none stated by PhoenixZ/RISEBench",
    "kris": "Apache-2.0, as derived code says of KRIS-Bench",
}
"""What is known of the pools that benchmarks make."""

UNKNOWN = "not stated; ask whoever made the images and instructions"

Facts = Mapping[str, str]
"""Names and values of a table."""


def licence_of(pool: str, stated: str | None) -> str:
    """Return what is known of a pool's licence: what the user states comes first."""
    if stated:
        return stated
    if pool == "pocket":
        return "photos: public domain, CC0 and CC BY 2.0, as listed below; instructions: Apache-2.0"
    return LICENCES.get(pool, UNKNOWN)


def prompt_hash(template: str | None) -> str:
    """Name the wording of the prompts by its content; None is our own."""
    text = template or load_prompt("tags")
    name = "the user's" if template else "tags"
    return f"{name}, sha256 {hashlib.sha256(text.encode()).hexdigest()}"


def write_card(
    *,
    name: str,
    pool: str,
    licence: str,
    made_by: Facts,
    settings: Facts,
    counts: Mapping[str, SplitCounts],
    ledger: Ledger,
    hashes: Mapping[str, str],
) -> str:
    """Write the card as Markdown with the head that the hub reads."""
    rows = sum(each.rows for each in counts.values())
    head = {
        "pretty_name": name,
        "license": "other",
        "license_name": "see-below",
        "task_categories": ["image-text-to-text"],
        "tags": ["image-editing", "editthinker"],
        "size_categories": [_size(rows)],
    }
    parts = [
        f"---\n{yaml.safe_dump(head, sort_keys=False)}---\n",
        f"# {name}\n",
        "Step samples for a thinker: it sees a photo and an edit of it, and learns to say what is "
        "wrong, to score the edit, and to write the prompt of the next try.\n",
        "```python\nfrom datasets import load_from_disk\n\n"
        'data = load_from_disk("dataset")\n'
        'print(data["sft"][0]["completion"][0]["content"][0]["text"])\n```\n',
        "## Counts\n",
        _counts(counts),
        "## Source\n",
        _facts({"pool": pool, **made_by}),
        _warning(pool),
        "## Licence\n",
        f"Pool: {licence}. Edits, reasoning and prompts are outputs of the models above; their "
        "terms apply.\n",
        _credits(pool),
        "## Columns\n",
        _COLUMNS,
        "## Filters\n",
        _filters(ledger),
        "## Settings\n",
        _facts(settings),
        "## Hashes\n",
        "SHA-256 over every row in order, images by their bytes:\n",
        _facts({split: each.sha256 for split, each in counts.items()}),
        "SHA-256 of the files:\n",
        _facts(hashes),
    ]
    return "\n".join(part for part in parts if part)


_COLUMNS = """\
| column | what |
|---|---|
| `images` | source and edit, of at most 1,048,576 pixels |
| `prompt` | one user message: both images and the text that the `tags` protocol sends |
| `completion` | one assistant message: expert's reasoning, judge's scores, next prompt |
| `instruction` | the user's own words |
| `prompt_before` | what made the edit |
| `answer` | the next prompt; the same as `prompt_before` where `final` says to stop |
| `semantic`, `quality` | the judge's scores of the edit, 0 to 10, not rounded |
| `task`, `trajectory`, `turn` | kind of edit; where the step comes from |
| `targets` | what a program judges by, as JSON; never show it to a model |
| `source_sha256`, `edited_sha256` | the images before they were made smaller |
"""


def _counts(counts: Mapping[str, SplitCounts]) -> str:
    lines = [
        "| split | steps | of them final | trajectories | source images |",
        "|---|---|---|---|---|",
        *(
            f"| {name} | {c.rows} | {c.final} | {len(c.trajectories)} | {len(c.sources)} |"
            for name, c in counts.items()
        ),
        "",
    ]
    tasks = sorted({task for each in counts.values() for task in each.tasks})
    levels = [level_name(at) for at in range(LEVELS)]
    lines += [f"| task | {' | '.join(counts)} |", f"|---|{'---|' * len(counts)}"]
    lines += [_row(task, (str(c.tasks[task]) for c in counts.values())) for task in tasks]
    lines += ["", f"| score | {' | '.join(counts)} |", f"|---|{'---|' * len(counts)}"]
    lines += [_row(level, (str(c.levels[level]) for c in counts.values())) for level in levels]
    return "\n".join([*lines, ""])


def _filters(ledger: Ledger) -> str:
    lines = ["| filter | rule | before | kept | left out |", "|---|---|---|---|---|"]
    for line in ledger.filters:
        why = [f"{count} {reason}" for reason, count in line.dropped.items()]
        cells = (line.rule, f"{line.before} {line.unit}", str(line.kept))
        lines.append(_row(line.name, (*cells, "; ".join([*why, *line.notes]))))
    return "\n".join([*lines, ""])


def _facts(facts: Facts) -> str:
    if not facts:
        return ""
    rows = (_row(name, (f"`{value}`",)) for name, value in facts.items())
    return "\n".join(["| | |", "|---|---|", *rows, ""])


def _row(name: str, cells: Iterable[str]) -> str:
    escaped = (cell.replace("|", "\\|").replace("\n", " ") for cell in (name, *cells))
    return f"| {' | '.join(escaped)} |"


def _warning(pool: str) -> str:
    if pool not in (*LICENCES, "pocket"):
        return ""
    return f"A model trained on this has seen `{pool}`: report no results on it.\n"


def _credits(pool: str) -> str:
    if pool != "pocket":
        return ""
    text = (files("editthinker.tools") / "photos" / "CREDITS.md").read_text(encoding="utf-8")
    return text.partition("\n")[2].strip() + "\n"


def _size(rows: int) -> str:
    steps = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"))
    return next((name for most, name in steps if rows < most), "100K<n<1M")
