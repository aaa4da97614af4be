"""Step samples: what a thinker is shown after one edit, and what it should reply.

A row of the data set is one of them: `images` (source, edited), `prompt` (one user message, the
very one that the `tags` protocol sends), `completion` (one assistant message), and columns that
rewards and tables read.
"""

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from typing_extensions import TypedDict

from editthinker.graph.state import geometric_mean
from editthinker.graph.thinkers.base import ThinkRequest
from editthinker.graph.thinkers.conversation import TagsWording
from editthinker.graph.thinkers.pictures import data_uri
from editthinker.graph.thinkers.replies import parse_reply
from editthinker.tools.blobs import BlobStore
from editthinker.tools.errors import ReplyParseError
from editthinker.tools.images import ImageRef, Picture

MARKS = re.compile(r"<\s*/?\s*(?:image|think|score|answer)\w*\s*>|<\|", re.IGNORECASE)
"""Words of the protocol and of chat templates; a text that holds one would be read as structure."""


class ImageCell(TypedDict):
    """An encoded image, as `datasets` holds it."""

    bytes: bytes
    path: str | None


class Row(TypedDict):
    """One row of the data set."""

    id: str
    images: list[ImageCell]
    prompt: list[dict[str, Any]]
    completion: list[dict[str, Any]]
    instruction: str
    prompt_before: str
    answer: str
    semantic: float
    quality: float
    task: str
    trajectory: str
    turn: int
    final: bool
    targets: str | None
    """JSON that only a judge that is a program sees."""
    source_sha256: str
    edited_sha256: str


@dataclass(frozen=True)
class StepSample:
    """One step of a trajectory as training sees it."""

    trajectory: str
    """Id of the trajectory."""
    task: str
    turn: int
    instruction: str
    """The user's own words."""
    prompt_before: str
    """What made the edited image."""
    notes: tuple[str, ...]
    """What the editor said about its work."""
    source: ImageRef
    edited: ImageRef
    semantic: float
    """The judge's, in [0, 10]."""
    quality: float
    """The judge's, in [0, 10]."""
    reasoning: str
    """The expert's."""
    answer: str
    """The expert's next prompt: what made the next image. For a final step `prompt_before`, which
    is how the protocol says that nothing can be improved."""
    final: bool
    """Whether the expert was content with the edited image."""
    targets: str | None = None
    """JSON that only a judge that is a program sees."""

    @property
    def id(self) -> str:
        """Trajectory and turn."""
        return f"{self.trajectory}#{self.turn}"

    @property
    def score(self) -> float:
        """Geometric mean of the judge's two scores."""
        return geometric_mean(self.semantic, self.quality) or 0.0


def completion_text(sample: StepSample, score_step: float) -> str:
    """Write the reply to learn: the expert's reasoning, the judge's scores, the next prompt.

    Scores are rounded to a multiple of `score_step`.
    """
    scores = {
        name: rounded(value, score_step)
        for name, value in (("semantic", sample.semantic), ("quality", sample.quality))
    }
    return (
        f"<think>{sample.reasoning.strip()}</think>\n"
        f"<score>{json.dumps(scores)}</score>\n"
        f"<answer>{sample.answer.strip()}</answer>"
    )


def rounded(value: float, step: float) -> float:
    """Round to a multiple of `step`, half up; whole numbers come as integers."""
    near = round(int(value / step + 0.5) * step, 4)
    return int(near) if near == int(near) else near


def flaw(sample: StepSample, score_step: float) -> str | None:
    """Say why a sample cannot be learned from; None if it can."""
    if not sample.reasoning.strip():
        return "without reasoning"
    texts = (sample.instruction, sample.prompt_before, sample.reasoning, sample.answer)
    if any(MARKS.search(text) for text in texts):
        return "with a mark of the protocol in a text"
    try:
        thought = parse_reply(completion_text(sample, score_step))
    except ReplyParseError:
        return "whose reply cannot be read back"
    scores = (rounded(sample.semantic, score_step), rounded(sample.quality, score_step))
    same = (thought.semantic, thought.quality) == scores
    if not same or thought.refined_prompt != sample.answer.strip() or thought.repairs:
        return "whose reply is read back as another"
    return None


def make_row(sample: StepSample, blobs: BlobStore, wording: TagsWording, score_step: float) -> Row:
    """Make the row of a sample; images are as large as a thinker gets them."""
    source, edited = blobs.get_image(sample.source), blobs.get_image(sample.edited)
    prompt, images = user_message(sample, source, edited, wording)
    reply = {"role": "assistant", "content": [text_part(completion_text(sample, score_step))]}
    return Row(
        id=sample.id,
        images=images,
        prompt=[prompt],
        completion=[reply],
        instruction=sample.instruction,
        prompt_before=sample.prompt_before,
        answer=sample.answer,
        semantic=sample.semantic,
        quality=sample.quality,
        task=sample.task,
        trajectory=sample.trajectory,
        turn=sample.turn,
        final=sample.final,
        targets=sample.targets,
        source_sha256=sample.source["sha256"],
        edited_sha256=sample.edited["sha256"],
    )


def user_message(
    sample: StepSample, source: Picture, edited: Picture, wording: TagsWording
) -> tuple[dict[str, Any], list[ImageCell]]:
    """Take apart what the `tags` protocol sends: a message with marks, and its images."""
    request = ThinkRequest(
        source=source,
        edited=edited,
        instruction=sample.instruction,
        prompt=sample.prompt_before,
        turn=sample.turn,
        notes=sample.notes,
    )
    content: Any = wording.think(request).messages[0].content
    parts: list[dict[str, Any]] = []
    images: list[ImageCell] = []
    for part in content:
        if part["type"] == "image_url":
            images.append(_decoded(part["image_url"]["url"]))
            parts.append({"type": "image", "text": None})
        else:
            parts.append(text_part(part["text"]))
    return {"role": "user", "content": parts}, images


def image_cell(picture: Picture) -> ImageCell:
    """Return a picture as large as a thinker gets it."""
    return _decoded(data_uri(picture))


def text_part(text: str) -> dict[str, Any]:
    """Return a text as part of a message."""
    return {"type": "text", "text": text}


def _decoded(uri: str) -> ImageCell:
    return ImageCell(bytes=base64.b64decode(uri.partition(",")[2]), path=None)


def row_hash(row: Row) -> str:
    """Return the SHA-256 of everything in a row, images by their bytes."""
    images = [hashlib.sha256(image["bytes"]).hexdigest() for image in row["images"]]
    text = json.dumps({**row, "images": images}, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
