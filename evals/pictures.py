"""Pictures the way official scripts hand them to a judge."""

import io

from PIL import Image

from editthinker.tools.images import Picture, to_rgb


def resized_like(picture: Picture, model: Picture) -> Picture:
    """Scale a picture to the size of another, as GEdit-Bench does; unchanged if it fits."""
    size = (model.ref["width"], model.ref["height"])
    if (picture.ref["width"], picture.ref["height"]) == size:
        return picture
    image = Image.fromarray(picture.pixels).convert("RGB").resize(size)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return Picture.from_bytes(buffer.getvalue())


def shrunk(picture: Picture, longest: int) -> Picture:
    """Scale a picture down to `longest` pixels on its longer side, as JPEG, as RISEBench does."""
    image = to_rgb(Image.fromarray(picture.pixels)).convert("RGB")
    image.thumbnail((longest, longest))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG")
    return Picture.from_bytes(buffer.getvalue())
