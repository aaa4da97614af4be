"""The embedded thinker, alone and in a loop with the embedded editor."""

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from editthinker.graph.thinkers.base import PastAttempt, PlanRequest, Thinker, ThinkRequest, Thought
from editthinker.graph.thinkers.observer import ACCEPTABLE, Observer
from editthinker.tools.editors.base import EditRequest
from editthinker.tools.editors.darkroom.editor import Darkroom
from editthinker.tools.editors.darkroom.parse import parse
from editthinker.tools.errors import ThinkerError
from editthinker.tools.images import Picture

PHOTOS = Path(__file__).parents[3] / "tools" / "photos"


@cache
def photo(name: str) -> Picture:
    return Picture.from_bytes((PHOTOS / f"{name}.jpg").read_bytes())


def lighter(picture: Picture, by: int) -> Picture:
    return Picture.from_pixels(np.clip(picture.pixels.astype(int) + by, 0, 255).astype(np.uint8))


async def think(
    source: Picture,
    edited: Picture,
    instruction: str,
    prompt: str = "",
    tried: tuple[str, ...] = (),
) -> Thought:
    history = tuple(PastAttempt(1, old, None, None, None, "", None) for old in tried)
    request = ThinkRequest(source, edited, instruction, prompt or instruction, history=history)
    return await Observer().think(request)


def test_is_a_thinker() -> None:
    assert isinstance(Observer(), Thinker)


async def test_an_untouched_photo_is_not_accepted_and_the_step_is_asked_again() -> None:
    thought = await think(photo("cat"), photo("cat"), "make it brighter")
    assert thought.semantic == 0
    assert thought.quality == 10
    assert thought.refined_prompt is not None
    (step,) = parse(thought.refined_prompt).steps
    assert step.operation == "brightness"
    assert step.amount > 0.5


async def test_a_good_edit_is_accepted_and_its_prompt_stays() -> None:
    thought = await think(
        photo("cat"), lighter(photo("cat"), 50), "make it brighter", "go brighter"
    )
    assert thought.semantic is not None and thought.semantic >= ACCEPTABLE
    assert thought.quality is not None and thought.quality >= ACCEPTABLE
    assert thought.refined_prompt == "go brighter"


async def test_the_reasoning_has_figures_and_is_short() -> None:
    instruction = ", ".join(
        ["brighter", "warmer", "more contrast", "sharpen it", "add grain", "flip it horizontally"]
    )
    thought = await think(photo("temple"), lighter(photo("temple"), 12), instruction)
    assert re.search(r"Brightness: \+\d+ of \+\d+ asked", thought.reasoning)
    assert len(thought.reasoning) < 900


async def test_a_prompt_that_was_tried_is_not_tried_again() -> None:
    source, edited = photo("cat"), lighter(photo("cat"), 15)
    first = await think(source, edited, "make it brighter")
    assert first.refined_prompt != "make it brighter"
    again = await think(source, edited, "make it brighter", tried=(first.refined_prompt or "",))
    assert again.refined_prompt == "make it brighter"


async def test_keep_clauses_are_said_again() -> None:
    instruction = "darken the photo, keep the colours unchanged"
    thought = await think(photo("cat"), photo("cat"), instruction)
    assert parse(thought.refined_prompt or "").keep == ("colours",)


async def test_what_cannot_be_measured_is_an_error_that_says_what_to_use() -> None:
    with pytest.raises(ThinkerError, match="vision-language"):
        await think(photo("cat"), photo("cat"), "put a wizard's cloak on the cat")


async def test_the_same_edit_gets_the_same_thought() -> None:
    source, edited = photo("coffee"), lighter(photo("coffee"), 30)
    thoughts = [await think(source, edited, "brighter and sharper") for _ in range(2)]
    assert thoughts[0] == thoughts[1]


async def test_a_plan_asks_more_of_a_dark_photo_and_less_of_a_bright_one() -> None:
    amounts = {}
    for name in ("galaxies", "cat", "temple"):
        plan = await Observer().plan(PlanRequest(photo(name), "make it brighter"))
        amounts[name] = parse(plan.prompt).steps[0].amount
    assert amounts["galaxies"] > amounts["cat"] == 0.5 > amounts["temple"]


async def test_a_plan_after_a_refusal_keeps_what_can_be_understood() -> None:
    instruction = "make it warmer and put a wizard's cloak on the cat"
    request = PlanRequest(photo("cat"), instruction, prompt=instruction, refusal="no cloaks")
    plan = await Observer().plan(request)
    assert [step.operation for step in parse(plan.prompt).steps] == ["warmth"]
    assert "cloak" not in plan.prompt
    hopeless = PlanRequest(photo("cat"), "add a cloak", prompt="add a cloak", refusal="no")
    assert (await Observer().plan(hopeless)).prompt == "add a cloak"


LOOPS = [
    ("rocket", "make it brighter and warmer"),
    ("temple", "more contrast, slightly warmer, keep the size unchanged"),
    ("hopper", "blur the background"),
    ("coffee", "make it black and white with a strong vignette"),
    ("flower", "rotate it by 90 degrees and sharpen it"),
    ("cat", "increase the saturation by 40% and darken it a bit"),
    ("astronaut", "lift the shadows and cool it down"),
    ("camera", "add a white border and some grain"),
]


@pytest.mark.parametrize(("name", "instruction"), LOOPS)
async def test_the_loop_ends_accepted_within_four_turns(name: str, instruction: str) -> None:
    source, prompt, scores = photo(name), instruction, []
    history: list[PastAttempt] = []
    for turn in range(1, 5):
        result = await Darkroom().edit(EditRequest((source,), prompt))
        edited = Picture.from_bytes(result.image)
        request = ThinkRequest(source, edited, instruction, prompt, turn, history=tuple(history))
        thought = await Observer().think(request)
        assert thought.semantic is not None and thought.quality is not None
        scores.append(min(thought.semantic, thought.quality))
        if scores[-1] >= ACCEPTABLE or thought.refined_prompt in (None, prompt):
            break
        history.append(
            PastAttempt(
                turn, prompt, edited, thought.semantic, thought.quality, thought.reasoning, None
            )
        )
        prompt = str(thought.refined_prompt)
    assert max(scores) >= ACCEPTABLE, scores


def test_importing_the_observer_loads_no_model_library() -> None:
    code = (
        "import sys, editthinker.graph.thinkers.observer; "
        "print([name for name in ('torch', 'transformers') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "note",
    [
        "Cannot recognise a boat; took the main thing in the photo.",
        "Could not tell the subject; took an oval in the middle.",
        "Took what the main thing in the photo rests on for the rock.",
        "Could not keep the rock: cannot recognise a rock in this photo.",
        "Took the bottom one of 2 things alike for it.",
    ],
)
async def test_a_guess_of_the_editor_is_not_accepted_and_called_a_guess(note: str) -> None:
    source, edited = photo("cat"), lighter(photo("cat"), 50)
    request = ThinkRequest(source, edited, "make it brighter", "make it brighter", notes=(note,))
    thought = await Observer().think(request)
    assert thought.semantic is not None
    assert thought.semantic < ACCEPTABLE
    assert "guess" in thought.reasoning
    assert thought.refined_prompt == "make it brighter"  # measured as done: no other words help


async def test_a_grey_photo_is_as_grey_as_was_asked() -> None:
    source = photo("camera")
    thought = await think(source, source, "make the colours duller")
    assert thought.semantic is not None
    assert thought.semantic >= ACCEPTABLE


async def test_sepia_leaves_no_other_warmth_to_measure() -> None:
    instruction = "give it a sepia tone, make it warmer, desaturate it"
    result = await Darkroom().edit(EditRequest((photo("abbey"),), instruction))
    thought = await think(photo("abbey"), Picture.from_bytes(result.image), instruction)
    assert thought.semantic is not None
    assert thought.semantic >= ACCEPTABLE


@pytest.mark.pack
@pytest.mark.parametrize(
    ("name", "instruction"),
    [
        ("cat", "turn the background black and white"),  # the cat fills the photo
        ("coffee", "darken the dining table by 50%"),  # a cup covers the middle of the table
        # Her box fills the photo; what is beside the head is background all the same.
        ("hopper", "change the background to a gradient from light blue to white"),
        ("camera", "replace the background with plain light blue"),  # half of his box is air
        ("astronaut", "whiten her teeth"),  # they are smaller than any thing
    ],
)
async def test_what_stands_before_a_background_or_on_a_table_is_not_measured(
    name: str, instruction: str
) -> None:
    result = await Darkroom().edit(EditRequest((photo(name),), instruction))
    edited = Picture.from_bytes(result.image)
    thought = await think(photo(name), edited, instruction)
    assert thought.semantic is not None
    assert thought.semantic > 6
