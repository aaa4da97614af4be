"""The fake thinker."""

import numpy as np
import pytest

from editthinker.graph.thinkers.base import PlanRequest, Thinker, ThinkRequest, Thought
from editthinker.graph.thinkers.scripted import ScriptedThinker
from editthinker.tools.errors import ThinkerError
from editthinker.tools.images import Picture

PICTURE = Picture.from_pixels(np.zeros((4, 4, 3), np.uint8))
REQUEST = ThinkRequest(PICTURE, PICTURE, "brighter", "brighter")
THOUGHT = Thought(5.0, 6.0, "dark", "much brighter")


async def test_says_what_it_was_told_in_order_and_keeps_the_calls() -> None:
    thinker = ScriptedThinker([THOUGHT, lambda request: Thought(1, 1, request.prompt, None)])
    assert isinstance(thinker, Thinker)
    assert await thinker.think(REQUEST) is THOUGHT
    assert (await thinker.think(REQUEST)).reasoning == "brighter"
    assert thinker.calls == [REQUEST, REQUEST]


async def test_raises_what_it_was_told_to_and_when_the_script_ends() -> None:
    thinker = ScriptedThinker([ThinkerError("busy")])
    with pytest.raises(ThinkerError, match="busy"):
        await thinker.think(REQUEST)
    with pytest.raises(ThinkerError, match="no reply number 2"):
        await thinker.think(REQUEST)


async def test_plans_the_instruction_itself_where_no_plan_was_given() -> None:
    plan = await ScriptedThinker().plan(PlanRequest(PICTURE, "brighter"))
    assert plan.prompt == "brighter"
