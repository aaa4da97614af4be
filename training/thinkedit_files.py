"""The files of the released ThinkEdit data, read and written.

- `sft_train.json`: a list of conversations (`messages` with `role` and `content`, where `<image>`
  marks stand for `images`: source, edit), as sharegpt loaders take them.
- `rl_train.jsonl`: one step a line: `origin_prompt`, `rewritten_prompt` (what made the edit),
  `origin_image_path`, `edited_image_path`, and `evaluation` with `semantics` (in the plural, though
  replies say `semantic`) and `quality`.

Image paths are relative to a folder of the user's; absolute ones are taken as they are. The fields
are those that the reference implementation reads (EditThinker at 803d1a7).
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from editthinker.evals.scores import number
from editthinker.graph.thinkers.conversation import TagsWording
from editthinker.graph.thinkers.prompts import PLACEHOLDERS, load_prompt
from editthinker.graph.thinkers.replies import parse_reply
from editthinker.tools.blobs import BlobStore
from editthinker.tools.errors import ConfigError, MediaError, ReplyParseError
from editthinker.tools.images import EXTENSIONS, Picture
from editthinker.tools.ingest import ingest_image
from editthinker.training.samples import (
    ImageCell,
    Row,
    StepSample,
    image_cell,
    make_row,
    text_part,
)

SFT, RL, IMAGES = "sft_train.json", "rl_train.jsonl", "images"

MARK = "<image>"

_ROLES = {"human": "user", "gpt": "assistant"}
"""Names of roles in older sharegpt files."""


class Reader(NamedTuple):
    """How released files are read."""

    image_dir: Path
    """What image paths are relative to."""
    blobs: BlobStore
    """Where images are taken in."""
    template: str | None = None
    """The wording that the data was made with; None for our own."""


def write_sft(rows: Iterable[Row], folder: Path) -> int:
    """Write `sft_train.json` and its images; returns the number of conversations."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    with (folder / SFT).open("w", encoding="utf-8") as file:
        file.write("[")
        for row in rows:
            record = {
                "messages": [
                    {"role": message["role"], "content": _flat(message["content"])}
                    for message in (*row["prompt"], *row["completion"])
                ],
                "images": [_write_image(image, folder) for image in row["images"]],
            }
            file.write(",\n" if count else "\n")
            file.write(json.dumps(record, ensure_ascii=False))
            count += 1
        file.write("\n]\n")
    return count


def write_rl(rows: Iterable[Row], folder: Path) -> int:
    """Write `rl_train.jsonl` and its images; returns the number of lines.

    What an editor remarked has no place in this form: a trainer fills the template anew.
    """
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    with (folder / RL).open("w", encoding="utf-8") as file:
        for row in rows:
            source, edited = (_write_image(image, folder) for image in row["images"])
            record = {
                "origin_prompt": row["instruction"],
                "rewritten_prompt": row["prompt_before"],
                "origin_image_path": source,
                "edited_image_path": edited,
                "evaluation": {"semantics": row["semantic"], "quality": row["quality"]},
            }
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
            count += 1
    return count


def read_sft(path: Path, reader: Reader, dropped: Counter[str]) -> Iterator[Row]:
    """Yield the conversations of a file; those that cannot be used are counted by reason.

    `instruction` and `prompt_before` are found where the message was made with the template, and
    empty elsewhere.

    Raises:
        ConfigError: if the file is no list of conversations.
    """
    try:
        records = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise ConfigError(f"{str(path)!r} cannot be read: {exc}") from exc
    if not isinstance(records, list):
        raise ConfigError(f"{str(path)!r} is no list of conversations")
    pattern = _pattern(reader.template or load_prompt("tags"))
    for at, record in enumerate(records):
        try:
            yield _conversation(record, f"sft/{at:06}", reader, pattern)
        except _Unusable as exc:
            dropped[str(exc)] += 1


def read_rl(path: Path, reader: Reader, dropped: Counter[str]) -> Iterator[Row]:
    """Yield the steps of a file; those that cannot be used are counted by reason.

    They have no reply to learn: `completion` is empty.

    Raises:
        ConfigError: if the file cannot be read.
    """
    wording = TagsWording(reader.template)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{str(path)!r} cannot be read: {exc}") from exc
    for at, line in enumerate(lines):
        if line.strip():
            try:
                yield _step(line, f"rl/{at:06}", reader, wording)
            except _Unusable as exc:
                dropped[str(exc)] += 1


class _Unusable(Exception):
    """Why a record is left out."""


def _conversation(record: Any, name: str, reader: Reader, pattern: re.Pattern[str]) -> Row:
    messages = _messages(record)
    if len(messages) < 2 or messages[-1]["role"] != "assistant":
        raise _Unusable("that does not end with a reply")
    *asked, reply = messages
    paths = record.get("images") or []
    if sum(message["content"].count(MARK) for message in asked) != len(paths) or len(paths) != 2:
        raise _Unusable("whose marks are not those of two images")
    try:
        thought = parse_reply(reply["content"])
    except ReplyParseError as exc:
        raise _Unusable("whose reply cannot be read") from exc
    if thought.semantic is None or thought.quality is None:
        raise _Unusable("without scores")
    source, edited = (_take_in(path, reader) for path in paths)
    found = pattern.fullmatch(asked[-1]["content"].replace(MARK, "").strip())
    before = found["rewritten_prompt"] if found else ""
    answer = thought.refined_prompt or ""
    return Row(
        id=name,
        images=[image_cell(source), image_cell(edited)],
        prompt=[{"role": each["role"], "content": _parts(each["content"])} for each in asked],
        completion=[{"role": "assistant", "content": [text_part(reply["content"])]}],
        instruction=found["original_instruction"] if found else "",
        prompt_before=before,
        answer=answer,
        semantic=thought.semantic,
        quality=thought.quality,
        task="other",
        trajectory=name,
        turn=1,
        final=bool(found) and answer.split() == before.split(),
        targets=None,
        source_sha256=source.ref["sha256"],
        edited_sha256=edited.ref["sha256"],
    )


def _step(line: str, name: str, reader: Reader, wording: TagsWording) -> Row:
    try:
        record = json.loads(line)
        evaluation = record["evaluation"]
        instruction, before = str(record["origin_prompt"]), str(record["rewritten_prompt"])
        paths = record["origin_image_path"], record["edited_image_path"]
        semantic = number(evaluation.get("semantics", evaluation.get("semantic")), 0, 10)
        quality = number(evaluation.get("quality"), 0, 10)
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise _Unusable("of another shape") from exc
    if semantic is None or quality is None:
        raise _Unusable("without scores")
    source, edited = (_take_in(path, reader) for path in paths)
    sample = StepSample(
        trajectory=name,
        task="other",
        turn=1,
        instruction=instruction,
        prompt_before=before,
        notes=(),
        source=source.ref,
        edited=edited.ref,
        semantic=semantic,
        quality=quality,
        reasoning="",
        answer="",
        final=False,
    )
    return {**make_row(sample, reader.blobs, wording, 1.0), "id": name, "completion": []}


def _messages(record: Any) -> list[dict[str, str]]:
    """Read `messages`, or the `conversations` of older files."""
    if not isinstance(record, Mapping):
        raise _Unusable("of another shape")
    try:
        if "messages" in record:
            pairs = [(each["role"], each["content"]) for each in record["messages"]]
        else:
            pairs = [(each["from"], each["value"]) for each in record["conversations"]]
    except (KeyError, TypeError) as exc:
        raise _Unusable("of another shape") from exc
    return [{"role": _ROLES.get(role, role), "content": str(text)} for role, text in pairs]


def _take_in(path: object, reader: Reader) -> Picture:
    if not isinstance(path, str):
        raise _Unusable("of another shape")
    try:
        ref = ingest_image(reader.image_dir / path, reader.blobs).ref
        return reader.blobs.get_image(ref)
    except MediaError as exc:
        raise _Unusable("whose image cannot be read") from exc


def _write_image(image: ImageCell, folder: Path) -> str:
    """Write an image under its content's name, once; returns the path to name it by."""
    picture = Picture.from_bytes(image["bytes"])
    name = f"{hashlib.sha256(image['bytes']).hexdigest()}{EXTENSIONS[picture.ref['media_type']]}"
    path = folder / IMAGES / name
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(image["bytes"])
    return f"{IMAGES}/{name}"


def _flat(parts: Iterable[Mapping[str, Any]]) -> str:
    return "".join(MARK if part["type"] == "image" else part["text"] for part in parts)


def _parts(text: str) -> list[dict[str, Any]]:
    """Take a text with marks apart."""
    found: list[dict[str, Any]] = []
    for at, piece in enumerate(text.split(MARK)):
        if at:
            found.append({"type": "image", "text": None})
        if piece:
            found.append(text_part(piece))
    return found


def _pattern(template: str) -> re.Pattern[str]:
    """Return what finds the values that a template was filled with; notes may follow it."""
    pattern = re.escape(template.replace(MARK, "").strip())
    for name in PLACEHOLDERS:
        mark = re.escape(f"{{{name}}}")
        pattern = pattern.replace(mark, f"(?P<{name}>.*?)", 1).replace(mark, f"(?P={name})")
    return re.compile(pattern + r"(?:\n+The editor remarked:\n.*)?", re.DOTALL)
