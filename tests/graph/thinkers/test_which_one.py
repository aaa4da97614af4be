"""Of several things that fit the words, the one that the user meant is asked for in other words."""

from dataclasses import dataclass, field, replace

import cv2
import pytest
from drawn import Pixels, photo

from editthinker.graph.thinkers.base import PastAttempt, ThinkRequest, Thought
from editthinker.graph.thinkers.observer import ACCEPTABLE, Observer
from editthinker.tools.editors.base import EditRequest
from editthinker.tools.editors.darkroom.editor import Darkroom
from editthinker.tools.images import Picture


@dataclass
class Deaf:
    """A real editor that does not hear one word, so that it takes the largest thing."""

    word: str
    prompts: list[str] = field(default_factory=list)

    async def edit(self, photo: Picture, prompt: str) -> tuple[Picture, tuple[str, ...]]:
        self.prompts.append(prompt)
        heard = prompt.replace(f"{self.word} ", "")
        result = await Darkroom().edit(EditRequest((photo,), heard))
        return Picture.from_bytes(result.image), result.notes


def with_balls(name: str) -> Pixels:
    """Put a small red ball on the left of a photo and a large one on its right."""
    pixels = photo(name).copy()
    height, width = pixels.shape[:2]
    for x, size in ((0.25, 0.07), (0.7, 0.11)):
        place = (round(x * width), round(0.3 * height))
        cv2.circle(pixels, place, round(size * height), (205, 25, 30), -1, cv2.LINE_AA)
    return pixels


async def loop(editor: Deaf, source: Picture, instruction: str) -> list[Thought]:
    prompt, thoughts, history = instruction, [], []
    for turn in range(1, 5):
        edited, notes = await editor.edit(source, prompt)
        request = ThinkRequest(source, edited, instruction, prompt, turn, notes=notes)
        thought = await Observer().think(replace(request, history=tuple(history)))
        thoughts.append(thought)
        if thought.refined_prompt in (None, prompt):
            break
        history.append(PastAttempt(turn, prompt, edited, None, None, thought.reasoning, None))
        prompt = str(thought.refined_prompt)
    return thoughts


def score(thought: Thought) -> float:
    return min(thought.semantic or 0.0, thought.quality or 0.0)


@pytest.mark.parametrize(
    ("instruction", "deaf_to"),
    [
        ("make the left red thing blue", "left"),
        ("make the smallest red thing blue", "smallest"),
        ("turn the left red thing into a green one", "left"),
    ],
)
async def test_the_thing_meant_is_asked_for_in_other_words(instruction: str, deaf_to: str) -> None:
    editor = Deaf(deaf_to)
    first, *_, last = await loop(editor, Picture.from_pixels(with_balls("camera")), instruction)
    assert score(first) < 5
    assert "was edited, not the" in first.reasoning
    assert deaf_to not in editor.prompts[1]
    assert score(last) >= ACCEPTABLE, last.reasoning
    assert len(editor.prompts) == 2


async def test_a_choice_that_the_words_leave_open_is_kept_and_named() -> None:
    editor = Deaf("left")
    (thought,) = await loop(
        editor, Picture.from_pixels(with_balls("camera")), "make the red thing blue"
    )
    assert score(thought) >= ACCEPTABLE
    assert "2 things fit 'the red thing'; the right one was taken" in thought.reasoning


async def test_either_thing_will_do_where_the_words_leave_it_open() -> None:
    source = Picture.from_pixels(with_balls("camera"))
    edited, _ = await Deaf("no such").edit(source, "make the left red thing blue")
    instruction = "make the red thing blue"
    thought = await Observer().think(ThinkRequest(source, edited, instruction, instruction))
    assert score(thought) >= ACCEPTABLE, thought.reasoning
    assert "the left one was taken" in thought.reasoning


async def test_no_word_is_tried_twice_and_the_loop_ends() -> None:
    class Stubborn(Deaf):
        async def edit(self, photo: Picture, prompt: str) -> tuple[Picture, tuple[str, ...]]:
            self.prompts.append(prompt)
            result = await Darkroom().edit(EditRequest((photo,), "make the right red thing blue"))
            return Picture.from_bytes(result.image), ()

    editor = Stubborn("no such")
    await loop(editor, Picture.from_pixels(with_balls("camera")), "make the left red thing blue")
    assert len(set(editor.prompts)) == len(editor.prompts) >= 2
