"""Colour profiles that images carry (ICC), and their conversion to sRGB."""

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms, ImageMode

from editthinker.tools.images import to_rgb

TOLERANCE = 2
"""Most that a profile may move a channel, of 255, and still count as sRGB."""


@lru_cache(maxsize=32)
def is_srgb(icc: bytes) -> bool:
    """Tell by what it does to colours: there are dozens of sRGB profiles, all named differently."""
    ramp = np.arange(0, 256, 17, dtype=np.uint8)
    colours = np.stack(np.meshgrid(ramp, ramp, ramp), axis=-1).reshape(64, 64, 3)
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        converted = np.asarray(_convert(Image.fromarray(colours), profile))
    except (ImageCms.PyCMSError, OSError):
        return False
    return bool(np.abs(converted.astype(int) - colours).max() <= TOLERANCE)


def to_srgb(image: Image.Image, icc: bytes, notes: list[str]) -> Image.Image:
    """Convert any mode to 8-bit RGB(A) in sRGB.

    A profile that is damaged or made for other channels is passed over, as viewers do, with a
    sentence added to `notes`.
    """
    rgb = to_rgb(image)
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        channels = profile.profile.xcolor_space.strip()
        if channels == image.mode == "CMYK":
            colours = image
        elif channels == "RGB" and image.mode != "CMYK":
            colours = rgb.convert("RGB")
        elif channels == "GRAY" and ImageMode.getmode(image.mode).basemode == "L":
            colours = rgb.getchannel("R")
        else:
            notes.append(f"the colour profile is for {channels} images and was passed over")
            return rgb
        converted = _convert(colours, profile)
    except (ImageCms.PyCMSError, OSError):
        notes.append("the colour profile is damaged and was passed over")
        return rgb
    if rgb.mode == "RGBA":
        converted.putalpha(rgb.getchannel("A"))
    return converted


def _convert(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    converted = ImageCms.profileToProfile(
        image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB"
    )
    assert converted is not None  # it is only when converting in place
    return converted
