"""Where people wear things, by the boxes of people and faces: nothing here outlines anything."""

from editthinker.tools.editors.darkroom.kinds import belongs
from editthinker.tools.editors.darkroom.worn import HEAD, HIPS, WAIST
from editthinker.tools.images import Pixels
from editthinker.tools.vision.detector import find_objects
from editthinker.tools.vision.faces import find_faces
from editthinker.tools.vision.masks import Box

_NECK = 0.3
"""How far below the chin clothes begin, in heights of a face."""

_SHOULDERS = 1.0
"""How far shoulders reach to each side of a face, in widths of it."""


def find_dressed(pixels: Pixels, name: str) -> list[Box]:
    """Return the boxes in which people wear a thing, one for each; none for what is not worn.

    Args:
        pixels: `(H, W, 3) uint8`.
        name: What is worn on the body or the legs, such as `coat`.
    """
    if not belongs(name, "clothes", "legs"):
        return []
    heads = [box for box, _ in find_faces(pixels) or []]
    people = [one.box for one in find_objects(pixels) or [] if one.name == "person"]
    found = []
    for person in people:
        head = next((head for head in heads if _inside(head, person)), None)
        heads = [other for other in heads if other is not head]
        left, top, right, bottom = person
        tall = bottom - top
        found.append(_worn(name, head or (left, top, right, top + round(HEAD * tall)), person))
    for head in heads:
        left, top, right, _ = head
        beside = round(_SHOULDERS * (right - left))
        sides = max(0, left - beside), top, min(pixels.shape[1], right + beside), pixels.shape[0]
        found.append(_worn(name, head, sides))
    return [box for box in found if box[3] - box[1] > 4]  # not where a face fills the photo


def _inside(head: Box, person: Box) -> bool:
    x, y = (head[0] + head[2]) / 2, (head[1] + head[3]) / 2
    return person[0] <= x < person[2] and person[1] <= y < person[3]


def _worn(name: str, head: Box, person: Box) -> Box:
    left, _, right, bottom = person
    down = head[3] - head[1]
    if belongs(name, "legs"):
        return left, min(bottom, head[1] + round(WAIST * down)), right, bottom
    lowest = bottom if belongs(name, "long") else min(bottom, head[1] + round(HIPS * down))
    return left, head[3] + round(_NECK * down), right, lowest
