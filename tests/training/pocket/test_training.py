"""The whole way of the pocket experiment, so short that nothing is learnt."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("trl")
pytest.importorskip("datasets")

import torch

from editthinker.graph.context import EditContext
from editthinker.graph.thinkers.base import THINKERS, Plan, PlanRequest, ThinkRequest, Thought
from editthinker.graph.thinkers.replies import UnreadableReplyError
from editthinker.tools.editors.quirky import UNKNOWN_WORDS
from editthinker.tools.errors import ThinkerError
from editthinker.training.pocket.answers import answer_all, judge_replies, write_replies
from editthinker.training.pocket.batches import (
    IGNORED,
    Encoded,
    encode,
    make_batch,
    message,
    pixel_values,
    show,
    without_answers,
)
from editthinker.training.pocket.imitation import Stage, imitate, look, reply_loss
from editthinker.training.pocket.lessons import describe, is_whole, speechless, teach
from editthinker.training.pocket.loops import Blind, run_loops
from editthinker.training.pocket.model import (
    TEMPLATE,
    make_model,
    make_processor,
    make_tokenizer,
    thinker_options,
)
from editthinker.training.pocket.reinforce import make_recipe, reinforce
from editthinker.training.pocket.settings import FULL, SMALL, Settings
from editthinker.training.pocket.stages import make_untrained, train_imitation, training_texts
from editthinker.training.pocket.steps import Step, make_steps
from editthinker.training.reward_parts import read_strictly
from editthinker.training.samples import completion_text

pytestmark = pytest.mark.tiny_real

SHORT = Settings(
    scenes=6,
    test_scenes=2,
    look_steps=2,
    stages=(Stage(2, 2e-3, 0.3, 4.0),),
    prompts=4,
    grpo_steps=2,
    grpo_batch=8,
    seeds=(0,),
    turns=(2,),
    draws=50,
    processes=1,
)


@pytest.fixture(scope="module", name="steps")
def make_some_steps(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Step]:
    return make_steps("train", SHORT.scenes, tmp_path_factory.mktemp("blobs"), processes=1)


@pytest.fixture(scope="module", name="checkpoint")
def make_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("pocket")
    make_untrained(out, SHORT)
    return train_imitation(out, SHORT, 0, watch=lambda text: None)


@pytest.fixture(scope="module", name="data")
def make_data(steps: Sequence[Step]) -> Encoded:
    return encode(steps, teach(steps), make_processor(make_tokenizer(training_texts(steps))))


def test_whole_replies_are_well_formed_and_carry_the_judges_scores(steps: Sequence[Step]) -> None:
    read = [read_strictly(reply) for reply in teach(steps)]
    assert [each is not None for each in read] == [is_whole(reply) for reply in teach(steps)]
    for step, each in zip(steps, read, strict=True):
        if each:
            assert abs(each.scores.semantic - step.sample.semantic) <= 0.5
            assert abs(each.scores.quality - step.sample.quality) <= 0.5


def test_an_answer_is_taught_only_on_the_way_to_a_later_edit_that_reaches_the_first(
    steps: Sequence[Step],
) -> None:
    def worth(step: Step) -> float:
        return step.sample.semantic * step.sample.quality

    for step, reply in zip(steps, teach(steps), strict=True):
        if is_whole(reply) and not step.sample.final:
            first, *later = [each for each in steps if each.scene.id == step.scene.id]
            best = max(later, key=worth)
            assert step.sample.turn < best.sample.turn
            assert worth(best) >= worth(first)
    assert {is_whole(reply) for reply in teach(steps)} == {True, False}


def test_findings_say_how_much_of_each_wish_was_done(steps: Sequence[Step]) -> None:
    step = next(each for each in steps if len(each.scene.wishes) == 1)
    goal = step.scene.targets.changes[step.scene.targets.asked[0]]
    figure = step.scene.wishes[0].figure
    for share, level in ((0, "missed"), (0.4, "faint"), (0.7, "weak"), (1, "right"), (2, "exc")):
        changes = {**step.changes, step.scene.targets.asked[0]: share * goal}
        assert describe(replace(step, changes=changes)).startswith(f"{figure} {level}")


def test_steps_for_looking_have_no_words_that_tell_what_came_of_them(
    steps: Sequence[Step],
) -> None:
    for step in steps:
        if speechless(step):
            assert " and " not in step.sample.prompt_before
            assert not UNKNOWN_WORDS & set(step.sample.prompt_before.split())


def test_trajectories_are_made_by_the_loop(steps: Sequence[Step]) -> None:
    assert {step.sample.turn for step in steps} == {1, 2, 3}
    first = {step.scene.id: step for step in steps if step.sample.turn == 1}
    for step in steps:
        if step.sample.turn == 2:
            assert step.sample.prompt_before == first[step.scene.id].sample.answer


def test_replies_survive_the_tokenizer(steps: Sequence[Step]) -> None:
    tokenizer = make_tokenizer(training_texts(steps))
    for reply in teach(steps):
        ids = tokenizer(reply).input_ids
        assert tokenizer.decode(ids, skip_special_tokens=True) == reply
        assert len(ids) < 56


def test_batches_hold_the_pixels_that_the_processor_makes(
    steps: Sequence[Step], data: Encoded
) -> None:
    processor = make_processor(make_tokenizer(training_texts(steps)))
    images = show(steps[1].scene.source, steps[1].edited)
    sample = steps[1].sample
    text = TEMPLATE.format(
        original_instruction=sample.instruction, rewritten_prompt=sample.prompt_before
    )
    asked = processor.apply_chat_template(
        [message(text)], add_generation_prompt=True, tokenize=False
    )
    expected = processor(text=[asked], images=images, return_tensors="pt")
    assert torch.allclose(pixel_values(data, [1]), expected["pixel_values"], atol=1e-6)
    assert data.prompts[1] == expected["input_ids"][0].tolist()
    assert torch.equal(data.grid, expected["image_grid_thw"][:1])


def test_a_blind_thinker_is_taught_on_the_source(steps: Sequence[Step], data: Encoded) -> None:
    processor = make_processor(make_tokenizer(training_texts(steps)))
    blind = encode(steps, teach(steps), processor, blind=True)
    assert blind.prompts == data.prompts
    assert torch.equal(blind.pictures[:, 0], data.pictures[:, 0])
    assert torch.equal(blind.pictures[:, 1], data.pictures[:, 0])
    assert set(blind.pictures[:, 2].flatten().tolist()) == {128}


def test_a_stage_without_answers_learns_everything_before_them(data: Encoded) -> None:
    for reply, cut in zip(data.replies, without_answers(data).replies, strict=True):
        assert cut == reply[: len(cut)]
        assert data.answer not in cut
        assert len(cut) == len(reply) or reply[len(cut)] == data.answer


def test_only_replies_are_learnt_and_padding_changes_nothing(
    steps: Sequence[Step], data: Encoded
) -> None:
    batch = make_batch(data, range(len(steps)))
    kept = [[int(i) for i in row if i != IGNORED] for row in batch.labels]
    assert kept == data.replies
    model = make_model(make_tokenizer(training_texts(steps)), seed=0).eval()
    with torch.inference_mode():
        together = model(**batch.inputs).logits[:, -1]
        alone = [model(**make_batch(data, [at]).inputs).logits[0, -1] for at in range(len(steps))]
    assert torch.allclose(together, torch.stack(alone), atol=1e-4)


def test_learning_lowers_the_loss(steps: Sequence[Step], data: Encoded) -> None:
    model = make_model(make_tokenizer(training_texts(steps)), seed=0)
    said: list[str] = []
    assert look(model, data, steps, 3, seed=0, watch=said.append) < 1
    before = reply_loss(model, data, range(len(steps)), 1.0).item()
    stages = (
        Stage(2, 2e-3, 0.3, 4.0, answers=False, speechless=0.5),
        Stage(4, 2e-3, 0.3, 1.0, whole=0.5),
    )
    imitate(model, data, steps, 0, stages, said.append)
    assert reply_loss(model, data, range(len(steps)), 1.0).item() < before


def test_scores_and_findings_weigh_what_the_stage_says(data: Encoded) -> None:
    weighed = [sum(bool(data.heavy[token]) for token in reply) for reply in data.replies]
    assert all(3 <= count <= 6 for count in weighed)


async def test_a_checkpoint_is_a_local_thinker(checkpoint: Path, steps: Sequence[Step]) -> None:
    thinker = THINKERS.load("local")(**thinker_options(checkpoint))
    sample = steps[0].sample
    request = ThinkRequest(
        steps[0].scene.source, steps[0].edited, sample.instruction, sample.prompt_before
    )
    with pytest.raises(UnreadableReplyError):  # two steps teach nothing
        await thinker.think(request)


def test_an_untrained_checkpoint_earns_nothing_and_gains_nothing(
    checkpoint: Path, steps: Sequence[Step], tmp_path: Path
) -> None:
    answers = answer_all(checkpoint.parent / "untrained", steps[:3], tmp_path)
    assert [answer.stated for answer in answers] == [None] * 3
    assert [answer.gain for answer in answers] == [0.0] * 3


def test_replies_do_not_depend_on_their_batch(checkpoint: Path, steps: Sequence[Step]) -> None:
    together = write_replies(checkpoint, steps[:3])
    assert together == [write_replies(checkpoint, [step])[0] for step in steps[:3]]


class Watching:
    """A thinker that notes whether it was shown the source as the edit, and fails."""

    name = "watching"

    def __init__(self) -> None:
        self.saw_source: list[bool] = []

    async def think(self, request: ThinkRequest) -> Thought:
        self.saw_source.append(request.edited.ref == request.source.ref)
        raise ThinkerError("it only watches")

    async def plan(self, request: PlanRequest) -> Plan:
        raise ThinkerError("it only watches")


def test_a_blind_thinker_is_shown_the_source(steps: Sequence[Step], tmp_path: Path) -> None:
    watching = Watching()
    changed = (s for s in steps if s.edited.ref != s.scene.source.ref and s.sample.turn == 1)
    scenes = [next(changed).scene]
    for thinker in (watching, Blind(watching)):
        (run,) = run_loops(thinker, scenes, EditContext(max_turns=2), tmp_path)
        assert run.stop_reason == "thinker_failed"
        assert run.scores[0] == run.scores[1]
    assert watching.saw_source == [False, True]


def test_the_experts_own_replies_are_judged_as_any_others(
    steps: Sequence[Step], tmp_path: Path
) -> None:
    replies = [completion_text(step.sample, 1.0) for step in steps]
    answers = judge_replies(replies, steps, tmp_path)
    changed = [a for a, step in zip(answers, steps, strict=True) if not step.sample.final]
    assert any(answer.gain != 0 for answer in changed)
    assert all(answer.stated for answer in answers)


@pytest.mark.parametrize("settings", [FULL, SMALL])
def test_the_recipe_of_the_experiment_is_whole(settings: Settings) -> None:
    recipe = make_recipe(Path("model"), settings, seed=3)
    assert recipe.trainer["max_steps"] == settings.grpo_steps
    assert recipe.trainer["beta"] == 0.01
    assert recipe.reward.weights.semantic == 0.4


def test_grpo_runs_the_graph_and_leaves_a_thinker(
    checkpoint: Path, steps: Sequence[Step], tmp_path: Path
) -> None:
    trained = reinforce(checkpoint, steps, SHORT, 0, tmp_path / "grpo")
    thinker = THINKERS.load("local")(**thinker_options(trained))
    assert thinker.name == "local"
    assert len(write_replies(trained, steps[:2])) == 2
