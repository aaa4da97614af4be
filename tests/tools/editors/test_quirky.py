import asyncio
from pathlib import Path

import numpy as np
import pytest

from editthinker.tools.editors.base import Editor, EditRequest, EditResult
from editthinker.tools.editors.darkroom.editor import Darkroom
from editthinker.tools.editors.quirky import SEED_SPREAD, STRENGTHS, QuirkyEditor
from editthinker.tools.errors import EditRefusedError
from editthinker.tools.images import Picture

PHOTO = Path(__file__).parents[3] / "tools" / "photos" / "cat.jpg"
FULL = Picture.from_bytes(PHOTO.read_bytes()).pixels


def crop(at: int) -> Picture:
    return Picture.from_pixels(FULL[at : at + 48, at : at + 48])


class Echo:
    """An editor that returns its input and tells the prompt it got."""

    name = "echo"
    capabilities = Darkroom.capabilities

    def __init__(self) -> None:
        self.prompt = ""

    async def edit(self, request: EditRequest) -> EditResult:
        self.prompt = request.prompt
        return EditResult(request.images[0].data)


def heard(prompt: str, picture: Picture | None = None, seed: int = 0) -> str:
    echo = Echo()
    asyncio.run(QuirkyEditor(echo).edit(EditRequest((picture or crop(0),), prompt, seed)))
    return echo.prompt


def quirks(prompt: str, picture: Picture | None = None) -> object:
    request = EditRequest((picture or crop(0),), prompt)
    return asyncio.run(QuirkyEditor(Echo()).edit(request)).details["simulated_quirks"]


def test_is_an_editor_that_is_labelled_a_simulation() -> None:
    editor = QuirkyEditor()
    assert isinstance(editor, Editor)
    assert editor.capabilities.simulation
    assert "simulation" in str(QuirkyEditor.__doc__)


@pytest.mark.parametrize(
    ("prompt", "carried_out"),
    [
        ("make it brighter and warmer", ["brighten"]),
        ("make it brighter, warmer", ["brighten", "warm up"]),
        ("make it brighter, then warmer", ["brighten", "warm up"]),
        ("saturate it, make it warmer", ["warm up"]),
        ("make it more colourful, warmer", ["saturate", "warm up"]),
        ("darken it; reduce the contrast", ["reduce the contrast"]),
        ("make it darker; reduce the contrast", ["darken", "reduce the contrast"]),
    ],
)
def test_drops_what_follows_and_and_what_it_does_not_know(
    prompt: str, carried_out: list[str]
) -> None:
    said = heard(prompt)
    assert len(said.split(", ")) == len(carried_out)
    assert all(order in said for order in carried_out)


def test_a_prompt_of_unknown_words_gives_the_picture_back() -> None:
    result = asyncio.run(QuirkyEditor().edit(EditRequest((crop(0),), "desaturate it")))
    assert result.image == crop(0).data
    assert result.notes == ()


def test_what_the_darkroom_does_not_know_either_is_refused() -> None:
    with pytest.raises(EditRefusedError, match="juggle"):
        asyncio.run(QuirkyEditor().edit(EditRequest((crop(0),), "juggle")))


def test_strengths_differ_from_photo_to_photo_but_not_from_call_to_call() -> None:
    said = [heard("brighten it by 40%", crop(at)) for at in range(0, 200, 5)]
    assert said == [heard("brighten it by 40%", crop(at)) for at in range(0, 200, 5)]
    amounts = [float(each.split(" ")[-1].rstrip("%")) / 40 for each in said]
    for strength in STRENGTHS:
        near = [a for a in amounts if abs(a / strength - 1) <= SEED_SPREAD + 0.001]
        assert near
    assert all(any(abs(a / s - 1) <= SEED_SPREAD + 0.001 for s in STRENGTHS) for a in amounts)


def test_another_seed_moves_the_strength_a_little() -> None:
    said = {heard("brighten it by 40%", seed=seed) for seed in range(5)}
    assert len(said) == 5


def test_stripes_are_there_or_not_for_a_photo_and_go_when_something_is_to_be_kept() -> None:
    crops = [crop(at) for at in range(0, 200, 5)]
    striped = [each for each in crops if quirks("make it brighter", each) == ["stripes"]]
    assert 0.2 < len(striped) / len(crops) < 0.8
    assert all(quirks("make it brighter, keep the details", each) == [] for each in striped)


def test_stripes_are_lines_across_the_picture() -> None:
    striped = next(
        each
        for at in range(0, 200, 5)
        if quirks("make it brighter", each := crop(at)) == ["stripes"]
    )
    request = EditRequest((striped,), "make it brighter")
    image = asyncio.run(QuirkyEditor(Echo()).edit(request)).image
    change = Picture.from_bytes(image).pixels.astype(int) - striped.pixels
    assert np.ptp(change.mean(axis=(1, 2))) > 10
    assert np.ptp(change.mean(axis=(0, 2))) < 10
