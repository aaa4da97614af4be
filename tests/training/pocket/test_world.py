import asyncio
import json
from collections.abc import Sequence

import numpy as np
import pytest

from editthinker.graph.thinkers.base import ThinkRequest
from editthinker.graph.thinkers.scores import Scores
from editthinker.tools.editors.base import EditRequest
from editthinker.tools.editors.darkroom.editor import Darkroom
from editthinker.tools.editors.darkroom.parse import parse
from editthinker.tools.editors.quirky import UNKNOWN_WORDS, QuirkyEditor
from editthinker.tools.errors import JudgeError
from editthinker.tools.images import Picture
from editthinker.training.pocket.expert import PocketExpert
from editthinker.training.pocket.targets import make_pocket_scorer, share_done
from editthinker.training.pocket.wording import AMOUNTS, CONNECTORS, WORDS
from editthinker.training.pocket.world import PHOTOS, SIDE, Scene, pairs, scenes


def drawn(split: str, count: int, seed: int = 0) -> list[Scene]:
    return asyncio.run(scenes("train" if split == "train" else "test", count, seed))


def judged(scene: Scene, edited: Picture) -> Scores:
    scorer = make_pocket_scorer()
    targets = scene.targets.as_json()
    return asyncio.run(scorer.score(scene.source, edited, scene.instruction, targets=targets))


def edited(editor: Darkroom | QuirkyEditor, scene: Scene, prompt: str) -> Picture:
    request = EditRequest((scene.source,), prompt)
    return Picture.from_bytes(asyncio.run(editor.edit(request)).image)


@pytest.fixture(scope="module", name="some")
def make_some() -> Sequence[Scene]:
    return drawn("train", 12)


def test_no_photo_and_no_pair_of_wishes_is_on_both_sides() -> None:
    assert not set(PHOTOS["train"]) & set(PHOTOS["test"])
    assert not set(pairs("train")) & set(pairs("test"))
    assert len(pairs("train")) + len(pairs("test")) == 24


def test_the_same_arguments_draw_the_same_scenes(some: Sequence[Scene]) -> None:
    again = drawn("train", 12)
    assert [s.source.ref for s in again] == [s.source.ref for s in some]
    assert [s.instruction for s in again] == [s.instruction for s in some]
    assert [s.source.ref for s in drawn("train", 2, seed=1)] != [s.source.ref for s in some[:2]]


def test_a_scene_keeps_to_its_split() -> None:
    for scene in drawn("test", 8):
        assert scene.photo in PHOTOS["test"]
        assert scene.source.pixels.shape == (SIDE, SIDE, 3)
        keys = tuple((wish.figure, wish.up) for wish in scene.wishes)
        assert len(keys) == 1 or tuple(sorted(keys)) in {tuple(sorted(p)) for p in pairs("test")}


def test_every_wording_is_understood_as_it_is_meant() -> None:
    for (figure, up), forms in WORDS.items():
        for form in forms:
            (step,) = parse(form.format(" 40%" if form.startswith("make") else " by 40%")).steps
            assert (step.operation, step.amount) == (figure, 0.4 if up else -0.4)


def test_instructions_say_the_wishes(some: Sequence[Scene]) -> None:
    for scene in some:
        steps = parse(scene.instruction).steps
        assert [(step.operation, step.amount > 0, abs(step.amount)) for step in steps] == [
            (wish.figure, wish.up, wish.amount) for wish in scene.wishes
        ]
        assert all(wish.amount in AMOUNTS for wish in scene.wishes)


def test_the_editors_habits_are_among_the_words_and_so_are_ways_around_them() -> None:
    for forms in WORDS.values():
        assert any(not UNKNOWN_WORDS & set(form.split()) for form in forms)
    assert any(UNKNOWN_WORDS & set(form.split()) for forms in WORDS.values() for form in forms)
    assert " and " in CONNECTORS
    assert len(CONNECTORS) > 1


def test_the_judge_gives_the_plain_darkroom_full_marks(some: Sequence[Scene]) -> None:
    for scene in some:
        semantic, _ = judged(scene, edited(Darkroom(), scene, scene.instruction))
        assert semantic > 9


def test_the_judge_gives_the_source_nothing_for_what_was_asked(some: Sequence[Scene]) -> None:
    assert all(judged(scene, scene.source).semantic == 0 for scene in some)


def test_the_judge_gives_less_the_further_an_edit_is_from_its_target() -> None:
    shares = [share_done(ratio) for ratio in (-1, 0, 0.3, 0.6, 1)]
    assert shares == sorted(shares)
    assert [share_done(ratio) for ratio in (1, 1.6, 2, 3)] == sorted(
        (share_done(ratio) for ratio in (1, 1.6, 2, 3)), reverse=True
    )


def test_stripes_cost_quality() -> None:
    scene = drawn("test", 1)[0]
    good = edited(Darkroom(), scene, scene.instruction)
    striped = good.pixels.astype(int) + np.where(np.arange(SIDE) % 4 < 2, 12, -12)[:, None, None]
    worse = judged(scene, Picture.from_pixels(np.clip(striped, 0, 255).astype(np.uint8)))
    assert worse.quality < judged(scene, good).quality - 2


def test_a_row_without_targets_is_not_judged(some: Sequence[Scene]) -> None:
    scorer = make_pocket_scorer()
    with pytest.raises(JudgeError, match="targets"):
        asyncio.run(scorer.score(some[0].source, some[0].source, "x", targets=json.dumps({})))


def test_the_expert_answers_alike_and_in_other_words_under_another_seed(
    some: Sequence[Scene],
) -> None:
    scene = next(each for each in some if len(each.wishes) == 2)
    request = ThinkRequest(scene.source, scene.source, scene.instruction, scene.instruction)
    thoughts = [asyncio.run(PocketExpert(seed).think(request)) for seed in range(8)]
    assert asyncio.run(PocketExpert(0).think(request)) == thoughts[0]
    assert len({thought.refined_prompt for thought in thoughts}) > 1
    assert len({(thought.semantic, thought.reasoning) for thought in thoughts}) == 1


def test_the_expert_asks_for_what_the_instruction_asks(some: Sequence[Scene]) -> None:
    for scene in some:
        request = ThinkRequest(scene.source, scene.source, scene.instruction, scene.instruction)
        thought = asyncio.run(PocketExpert().think(request))
        steps = parse(thought.refined_prompt or "").steps
        assert {(step.operation, step.amount > 0) for step in steps} == {
            (wish.figure, wish.up) for wish in scene.wishes
        }
