import asyncio
from collections import Counter
from pathlib import Path

import pytest

from editthinker.tools.editors.base import Editor, EditRequest, EditResult
from editthinker.tools.editors.darkroom.editor import Darkroom
from editthinker.tools.editors.darkroom.parse import parse
from editthinker.tools.editors.simulated import SimulatedEditor
from editthinker.tools.errors import ConfigError, EditRefusedError
from editthinker.tools.images import Picture

CAT = Picture.from_bytes((Path(__file__).parents[3] / "tools" / "photos" / "cat.jpg").read_bytes())
PROMPT = "brighten the background by 40%, flip it, write 'HI' at the top"


class Echo:
    """An editor that returns its input and tells the prompt it got."""

    name = "echo"
    capabilities = Darkroom.capabilities

    async def edit(self, request: EditRequest) -> EditResult:
        return EditResult(request.images[0].data, details={"prompt": request.prompt})


def edit(editor: Editor, prompt: str = PROMPT, seed: int = 0) -> EditResult:
    return asyncio.run(editor.edit(EditRequest((CAT,), prompt, seed)))


def test_is_constructed_without_arguments_and_labelled_a_simulation() -> None:
    editor = SimulatedEditor()
    assert isinstance(editor, Editor)
    assert editor.name == "simulated"
    assert editor.capabilities.simulation
    assert editor.capabilities.supports_seed
    assert "simulation" in str(SimulatedEditor.__doc__)


def test_the_same_request_fails_alike() -> None:
    first, second = (edit(SimulatedEditor(failure_rate=1.0), seed=3) for _ in range(2))
    assert first == second


def test_every_kind_of_failure_happens_and_changes_the_prompt() -> None:
    editor = SimulatedEditor(Echo(), failure_rate=1.0)
    results = [edit(editor, seed=seed) for seed in range(40)]
    kinds = Counter(str(result.details["simulated_failure"]) for result in results)
    assert set(kinds) == {"dropped clause", "wrong place", "under-edit", "over-edit"}
    assert all(result.details["prompt"] != PROMPT for result in results)


def test_about_the_given_share_of_calls_fails() -> None:
    editor = SimulatedEditor(Echo(), seed=1, failure_rate=0.7)
    results = [edit(editor, seed=seed) for seed in range(200)]
    failed = sum(result.details["simulated_failure"] is not None for result in results)
    assert 0.6 < failed / 200 < 0.8


def test_another_series_of_failures_has_another_seed() -> None:
    series = [
        [
            edit(SimulatedEditor(Echo(), seed=s), seed=i).details["simulated_failure"]
            for i in range(20)
        ]
        for s in (0, 1)
    ]
    assert series[0] != series[1]


def test_without_failures_it_is_its_inner_editor() -> None:
    assert edit(SimulatedEditor(failure_rate=0.0)).image == edit(Darkroom()).image


@pytest.mark.parametrize("seed", range(8))
def test_notes_do_not_tell_the_failure(seed: int) -> None:
    prompt = "brighten the subject by 40%, warmer, keep the background unchanged"
    result = edit(SimulatedEditor(failure_rate=1.0), prompt, seed)
    assert result.notes == ()
    assert result.details["simulated_failure"]


def test_what_was_not_understood_still_reaches_the_inner_editor() -> None:
    editor = SimulatedEditor(Echo(), failure_rate=1.0)
    assert str(edit(editor, "brighter, juggle").details["prompt"]).endswith(", juggle")


def test_refusals_pass_through() -> None:
    with pytest.raises(EditRefusedError, match="juggle"):
        edit(SimulatedEditor(failure_rate=1.0), "juggle")


def test_refuses_a_rate_that_is_no_share() -> None:
    with pytest.raises(ConfigError, match="failure_rate"):
        SimulatedEditor(failure_rate=7)


@pytest.mark.parametrize(
    ("source", "target"),
    [("blue", "green"), ("green", "blue"), ("purple", "blue"), ("brown", "black"), ("red", "teal")],
)
def test_asks_for_a_wrong_colour_that_can_be_had(source: str, target: str) -> None:
    editor = SimulatedEditor(Echo(), failure_rate=1.0)
    prompt = str(edit(editor, f"change the {source} to {target}").details["prompt"])
    (step,) = parse(prompt).steps
    assert step.options["source"] == source
    assert step.options["target"] not in (source, target)
