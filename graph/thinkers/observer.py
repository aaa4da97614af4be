"""The embedded thinker: it measures what an edit did, without any model.

It reads the user's instruction with the darkroom's parser, compares source and edited picture step
by step, and asks for more, less or somewhere else. What it cannot measure it says so.
"""

import asyncio
from dataclasses import replace

from editthinker.graph.thinkers.base import Plan, PlanRequest, ThinkRequest, Thought
from editthinker.graph.thinkers.measures.assessment import assess
from editthinker.graph.thinkers.measures.headroom import fit_to_photo
from editthinker.graph.thinkers.measures.refinement import alternatives
from editthinker.tools.editors.darkroom.parse import parse
from editthinker.tools.editors.darkroom.recipe import Recipe
from editthinker.tools.errors import ThinkerError

ACCEPTABLE = 8.0
"""Score from which the observer leaves an edit as it is."""


GUESSED = 7.0
"""Best semantic score of an edit of something that the editor could only guess at."""

_GUESSES = (
    "took the main thing in the photo",
    "took an oval in the middle",
    "main thing in the photo rests on for",
    "Could not keep",
)
"""How an editor says that it edited, or kept, what it did not recognise."""

_ALIKE = "things alike for it"
"""How an editor says that a place picked out one of several things whose name it does not know."""

_AMBIGUOUS = "; took "
"""How an editor says that several things fit the words, and which it chose."""


class Observer:
    """Scores an edit by measuring it against the instruction."""

    name = "observer"

    async def think(self, request: ThinkRequest) -> Thought:
        """Measure an edit, score it and adjust the amounts of its prompt.

        Raises:
            ThinkerError: if no clause of the instruction can be measured.
        """
        return await asyncio.to_thread(_think, request)

    async def plan(self, request: PlanRequest) -> Plan:
        """Write the instruction in plain steps with amounts that fit the photo.

        After a refusal, keep the part that the darkroom understands. What cannot be improved is
        returned as it is.
        """
        return await asyncio.to_thread(_plan, request)


def _think(request: ThinkRequest) -> Thought:
    asked = parse(request.instruction)
    if not asked.steps:
        raise ThinkerError(
            f"the observer cannot measure {request.instruction[:120]!r}; "
            "use a vision-language thinker"
        )
    mark = request.mask.pixels if request.mask else None
    assessment = assess(request.source.pixels, request.edited.pixels, asked, mark)
    semantic, quality = assessment.semantic, assessment.quality
    doubts = _GUESSES if assessment.picked else (*_GUESSES, _ALIKE)
    guesses = [note for note in request.notes if any(words in note for words in doubts)]
    prompt = request.prompt
    if semantic < ACCEPTABLE or quality < ACCEPTABLE:
        tried = {request.prompt, *(attempt.prompt for attempt in request.history)}
        ideas = map(_sentence, alternatives(asked, parse(request.prompt), assessment))
        prompt = next((idea for idea in ideas if idea not in tried), prompt)
    remarks = [note for note in request.notes if _AMBIGUOUS in note]
    reasoning = " ".join([assessment.reasoning, *remarks[:1]])
    if guesses:  # measured on what was edited, which may be another thing than the one meant
        semantic = min(semantic, GUESSED)
        reasoning = f"A guess, to be looked at: {guesses[0]} {assessment.reasoning}"
    return Thought(semantic, quality, reasoning, prompt)


def _plan(request: PlanRequest) -> Plan:
    prompt = request.prompt or request.instruction
    recipe = parse(request.instruction)
    if not recipe.steps:
        return Plan(prompt, "Nothing in the instruction can be measured, so it stays as it is.")
    fitted = fit_to_photo(request.source.pixels, recipe)
    if request.refusal:
        fitted = replace(fitted, unknown=())
        if fitted == parse(prompt):  # the same wish again would be refused again
            return Plan(prompt, "What was refused cannot be said in another way.")
        reason = f"Left out what was refused: {'; '.join(recipe.unknown) or 'nothing clear'}."
        return Plan(_sentence(fitted), reason)
    changed = [
        step.operation for step, old in zip(fitted.steps, recipe.steps, strict=True) if step != old
    ]
    reason = f"Fitted to the photo: {', '.join(changed)}." if changed else "Amounts fit the photo."
    return Plan(_sentence(fitted), reason)


def _sentence(recipe: Recipe) -> str:
    """Write a recipe as a prompt; clauses that were not understood follow word for word."""
    return ", ".join(part for part in (recipe.sentence(), *recipe.unknown) if part)
