"""What an editor refuses before it starts: what its capabilities leave out."""

from editthinker.tools.editors.base import Capabilities, EditRequest
from editthinker.tools.errors import EditRefusedError, MediaError


def refuse_unsupported(name: str, capabilities: Capabilities, request: EditRequest) -> None:
    """Check a request against what an editor can do.

    Raises:
        EditRefusedError: naming what it cannot do.
        MediaError: if the mask has another size than the image.
    """
    if not request.images and capabilities.needs_image:
        raise EditRefusedError(f"{name} edits an image and was given none")
    if len(request.images) > capabilities.max_images:
        at_most = capabilities.max_images
        raise EditRefusedError(
            f"{name} takes {at_most} image{'s' if at_most > 1 else ''} at a time, not "
            f"{len(request.images)}"
        )
    if request.mask is None:
        if capabilities.requires_mask:
            raise EditRefusedError(f"{name} needs a mask: white where the edit may happen")
        return
    if not capabilities.supports_mask:
        raise EditRefusedError(f"{name} takes no mask; say in words where to edit")
    first, mask = request.images[0].ref, request.mask.ref
    if (mask["width"], mask["height"]) != (first["width"], first["height"]):
        raise MediaError(
            f"the mask is {mask['width']} x {mask['height']} pixels, the photo "
            f"{first['width']} x {first['height']}; they must be of one size"
        )
