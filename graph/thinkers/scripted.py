"""A fake thinker for tests and demonstrations: it says what it was told to say."""

from collections.abc import Callable, Sequence

from editthinker.graph.thinkers.base import Plan, PlanRequest, ThinkRequest, Thought
from editthinker.tools.errors import ThinkerError

Reply = Thought | Exception | Callable[[ThinkRequest], Thought]
"""A thought, an error to raise, or what makes a thought of the request."""


class ScriptedThinker:
    """A fake: answers from a queue, in order, and keeps every request in `calls`.

    Args:
        replies: One for each call of `think`.
        plans: One for each call of `plan`; without any, a plan is the instruction itself.
    """

    name = "scripted"

    def __init__(
        self, replies: Sequence[Reply] = (), plans: Sequence[Plan | Exception] = ()
    ) -> None:
        self._replies = list(replies)
        self._plans = list(plans)
        self.calls: list[ThinkRequest] = []
        self.plan_calls: list[PlanRequest] = []

    async def think(self, request: ThinkRequest) -> Thought:
        """Return the next thought, or raise the next error."""
        self.calls.append(request)
        if not self._replies:
            raise ThinkerError(f"the script has no reply number {len(self.calls)}; add one")
        reply = self._replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply if isinstance(reply, Thought) else reply(request)

    async def plan(self, request: PlanRequest) -> Plan:
        """Return the next plan, or raise the next error."""
        self.plan_calls.append(request)
        plan = self._plans.pop(0) if self._plans else Plan(request.prompt or request.instruction)
        if isinstance(plan, Exception):
            raise plan
        return plan
