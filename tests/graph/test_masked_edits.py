"""A mask that a user gives reaches editor and thinker, in every turn."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from editthinker.graph import EditContext, build_graph
from editthinker.graph.record import RunRecord
from editthinker.graph.thinkers.base import Thought
from editthinker.graph.thinkers.scripted import ScriptedThinker
from editthinker.tools.blobs import BlobStore
from editthinker.tools.cli import build_app
from editthinker.tools.editors.base import Capabilities, EditRequest, EditResult
from editthinker.tools.errors import MediaError
from editthinker.tools.images import ImageRef, Picture

PHOTO = Path(__file__).parents[2] / "tools" / "photos" / "rocket.jpg"


class Keeper:
    """An editor that returns its input and keeps what it was asked."""

    name = "keeper"
    capabilities = Capabilities(supports_mask=True, supports_seed=True)

    def __init__(self) -> None:
        self.requests: list[EditRequest] = []

    async def edit(self, request: EditRequest) -> EditResult:
        self.requests.append(request)
        return EditResult(request.images[0].data)


def put(blobs: BlobStore, width: int, height: int) -> ImageRef:
    pixels = np.full((height, width, 3), 255, np.uint8)
    return blobs.put_image(Picture.from_pixels(pixels).data)


async def test_a_mask_reaches_editor_and_thinker_in_every_turn(tmp_path: Path) -> None:
    blobs, editor = BlobStore(tmp_path), Keeper()
    thinker = ScriptedThinker([Thought(3, 3, "more", "again"), Thought(9, 9, "good", None)])
    graph = build_graph([editor], thinker, blobs, context=EditContext(max_turns=2)).compile()
    mask = put(blobs, 40, 30)
    await graph.ainvoke({"image": put(blobs, 40, 30), "instruction": "x", "mask": mask})
    assert [r.mask and r.mask.ref for r in editor.requests] == [mask, mask]
    assert [r.mask and r.mask.ref for r in thinker.calls] == [mask, mask]


async def test_without_a_mask_none_is_sent(tmp_path: Path) -> None:
    blobs, editor = BlobStore(tmp_path), Keeper()
    graph = build_graph([editor], ScriptedThinker([Thought(9, 9, "good", None)]), blobs).compile()
    await graph.ainvoke({"image": put(blobs, 40, 30), "instruction": "x"})
    assert editor.requests[0].mask is None


async def test_a_mask_of_another_size_stops_before_the_first_edit(tmp_path: Path) -> None:
    blobs, editor = BlobStore(tmp_path), Keeper()
    graph = build_graph([editor], ScriptedThinker(), blobs).compile()
    given = {"image": put(blobs, 40, 30), "instruction": "x", "mask": put(blobs, 30, 40)}
    with pytest.raises(MediaError, match="mask is 30 x 40 pixels, the photo 40 x 30"):
        await graph.ainvoke(given)
    assert editor.requests == []


def test_only_the_marked_thing_changes(tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = ["--box", "300,120,350,427", "--max-turns", "1", "--out", str(out)]
    run = CliRunner().invoke(build_app(["edit"]), ["edit", str(PHOTO), "make it darker", *options])
    assert run.exit_code == 0, run.output
    record = RunRecord.model_validate_json((out / "run.json").read_text())
    assert record.mask is not None
    assert record.result is not None
    assert "outlined by GrabCut" in record.source_note
    blobs = BlobStore(out / "blobs")
    before = blobs.get_image(record.source).pixels
    after = blobs.get_image(record.result.image).pixels
    outside = blobs.get_image(record.mask).pixels[..., 0] == 0
    assert (before[outside] == after[outside]).all()
    assert after[200:330, 320:326].mean() < before[200:330, 320:326].mean() - 5


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--box", "1,2,3"], "LEFT,TOP,RIGHT,BOTTOM"),
        (["--point", "900,3"], "outside the photo of 640 x 427"),
        (["--box", "1,2,30,40", "--point", "5,5"], "not with several"),
        (["--mask", str(PHOTO.with_name("cat.jpg"))], "451 x 300 pixels, the photo 640 x 427"),
    ],
)
def test_a_bad_marking_is_one_sentence(options: list[str], words: str, tmp_path: Path) -> None:
    command = ["edit", str(PHOTO), "make it darker", *options, "--out", str(tmp_path / "out")]
    run = CliRunner().invoke(build_app(["edit"]), command)
    assert run.exit_code == 2
    assert words in run.stderr
