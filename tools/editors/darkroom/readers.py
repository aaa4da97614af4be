"""The readers of single clauses, in the order in which they are asked."""

from collections.abc import Callable, Sequence

from editthinker.tools.editors.darkroom.adjusting import Carry, Reading, read_adjustments
from editthinker.tools.editors.darkroom.clauses import Clause
from editthinker.tools.editors.darkroom.placing import (
    read_border,
    read_crop,
    read_flip,
    read_hue,
    read_rotate,
    read_text,
)
from editthinker.tools.editors.darkroom.recolouring import read_fill, read_recolour, read_repaint
from editthinker.tools.editors.darkroom.removing import (
    read_cutout,
    read_move,
    read_remove,
    read_rest,
)
from editthinker.tools.editors.darkroom.washing import read_wash
from editthinker.tools.editors.darkroom.wording import read_rewording

_READERS: Sequence[Callable[[Clause, Carry], Reading | None]] = (
    read_rewording,
    read_text,
    read_rest,
    read_remove,
    read_cutout,
    read_move,
    read_fill,
    read_wash,
    read_repaint,
    read_recolour,
    read_border,
    read_crop,
    read_flip,
    read_rotate,
    read_hue,
    read_adjustments,
)


def read_clause(clause: Clause, carry: Carry) -> Reading | None:
    """Return what the first reader says that can explain all words of a clause."""
    return next((found for read in _READERS if (found := read(clause, carry))), None)
