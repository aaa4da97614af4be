"""What the service is asked and what it answers, as JSON.

The field names are those of the EditThinker authors' services, so that their client works. Fields
that are not known are ignored, as they do.
"""

from typing import Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, JsonValue

Seed = Field(None, ge=0, le=2**31 - 1, description="Drawn where none is given.")


class Wish(BaseModel):
    """What every request for an image may say."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    prompt: str = Field(min_length=1, max_length=8000, description="What to do, in words.")
    seed: int | None = Seed
    steps: int | None = Field(
        None,
        ge=1,
        le=1000,
        validation_alias=AliasChoices("num_inference_steps", "num_inference_step"),
        description="Denoising steps.",
    )
    guidance: float | None = Field(
        None,
        ge=0,
        le=100,
        validation_alias=AliasChoices("guidance_scale", "text_guidance_scale", "true_cfg_scale"),
        description="How closely to follow the prompt.",
    )
    negative_prompt: str | None = Field(None, max_length=8000, description="What to avoid.")

    def options(self) -> dict[str, JsonValue]:
        """Return what the editor is given beside prompt and seed."""
        names = ("steps", "guidance", "negative_prompt")
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}


class EditIn(Wish):
    """Body of `POST /edit` and `POST /fill`."""

    image: str = Field(min_length=1, description="The image to edit, as base64.")
    extra_images: list[str] = Field([], max_length=15, description="Further images, as base64.")
    stream: bool = Field(
        False,
        description="Answer /edit with server-sent events: steps, then the status and the answer.",
    )
    mask_image: str | None = Field(
        None, description="White where the edit may happen, as base64; same size as the image."
    )


class GenerateIn(Wish):
    """Body of `POST /generate`."""

    aspect_ratio: str = Field("1:1", max_length=20, description="Such as 16:9, or landscape.")


class EditOut(BaseModel):
    """Answer of `POST /edit`; `/fill` and `/generate` add the image under their own names."""

    success: bool = True
    task_id: str
    editor: str
    edited_image: str = Field(description="Base64, without a data URI's head.")
    seed: int
    original_prompt: str
    enhanced_prompt: None = None
    processing_time: float = Field(description="Seconds.")
    notes: list[str] = Field(description="What was left out, guessed or adjusted.")
    cost_usd: float
    details: dict[str, Any]
    error: None = None


class FillOut(EditOut):
    """Answer of `POST /fill`."""

    filled_image: str


class GenerateOut(EditOut):
    """Answer of `POST /generate`."""

    image: str
    generation_time: float


class Trouble(BaseModel):
    """Every answer that is no success."""

    detail: str
    code: str | None = None
