"""Cutting a thing out: everything else becomes transparent."""

import numpy as np

from editthinker.tools.editors.darkroom.light import Floats, floats
from editthinker.tools.editors.darkroom.matte import foreground, refined
from editthinker.tools.errors import EditRefusedError


def cut_out(pixels: Floats, mask: Floats, what: str) -> Floats:
    """Return `(H, W, 4)`: the thing, its edge freed of the old background, and its mask as alpha.

    The size stays, and so does the place. What was transparent remains so.

    Raises:
        EditRefusedError: if nothing would be left.
    """
    share = refined(np.ascontiguousarray(pixels[..., :3]), mask)
    if pixels.shape[2] == 4:
        share = floats(share * pixels[..., 3])
    if share.sum() < 4:
        raise EditRefusedError(f"nothing of {what} is there to cut out")
    colours = foreground(np.ascontiguousarray(pixels[..., :3]), share)
    return floats(np.dstack([colours * (share > 0)[..., None], share]))
