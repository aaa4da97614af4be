"""Plain English to a `Recipe`.

The instruction is split into clauses that are read word for word (`reading`), as it was written or
with its wishes put as orders (`wishes`). Where not all of it can be read so, its gist is (`gist`).
"""

from dataclasses import replace

from editthinker.tools.editors.darkroom.gist import gist
from editthinker.tools.editors.darkroom.quoting import with_quotes
from editthinker.tools.editors.darkroom.reading import read_recipe
from editthinker.tools.editors.darkroom.recipe import Recipe
from editthinker.tools.editors.darkroom.wishes import imperative

_LONGEST_WISH = 600
"""Letters of an instruction that is looked through for wishes."""


def parse(instruction: str) -> Recipe:
    """Read an instruction; whatever the text, nothing is raised."""
    said = read_strictly(instruction)
    if (said.steps and not said.unknown) or len(instruction) > _LONGEST_WISH:
        return said
    text, notes = gist(with_quotes(instruction), read_strictly)
    put = read_strictly(text) if text else said
    if not put.steps or len(put.unknown) > len(said.unknown):
        return said
    if len(put.unknown) == len(said.unknown) and said.steps:
        return said
    return replace(put, notes=tuple(dict.fromkeys((*notes, *put.notes))))


def read_strictly(instruction: str) -> Recipe:
    """Read an instruction in which every word must have a meaning."""
    ordered = imperative(instruction) if len(instruction) <= _LONGEST_WISH else instruction
    said = read_recipe(instruction)
    if ordered == instruction:
        return said
    put = read_recipe(ordered)
    worse = len(put.unknown) > len(said.unknown) or not put.steps
    return said if worse or (put.unknown and said.steps) else put
