"""The adapter: any preset as an editor."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
from PIL import Image
from pydantic import JsonValue

from editthinker.tools.editors.base import Capabilities, EditRequest, EditResult
from editthinker.tools.editors.diffusion.canvas import Canvas, SizePolicy, fit_canvas
from editthinker.tools.editors.diffusion.options import DiffusionOptions
from editthinker.tools.editors.diffusion.presets import Preset
from editthinker.tools.editors.diffusion.runner import Job, Runner
from editthinker.tools.editors.refusals import refuse_unsupported
from editthinker.tools.errors import EditorError
from editthinker.tools.images import Picture, Pixels


class DiffusionEditor:
    """A diffusers pipeline as an editor.

    The result has the size of the source: see `editthinker.tools.editors.diffusion.canvas`. Calls
    that wait at the same time and differ in their seed only are made in one call of the pipeline;
    on most devices that moves single pixels by a step of 1/255.

    Args:
        preset: Which model.
        options: How to load and run it.
    """

    def __init__(self, preset: Preset, options: DiffusionOptions) -> None:
        self.name = preset.name
        self.preset = preset
        self.capabilities = Capabilities(
            max_images=0 if preset.task == "generate" else preset.max_images,
            supports_seed=True,
            supports_mask=preset.task == "fill",
            requires_mask=preset.task == "fill",
            needs_image=preset.task != "generate",
            needs_negative_prompt=preset.negative_prompt is not None,
            options=preset.options,
        )
        self.runner = Runner(preset, options)
        self._options = options
        self._policy = replace(preset.size, area=options.area) if options.area else preset.size

    async def load(self) -> None:
        """Load the weights now, and not at the first edit.

        Raises:
            ConfigError: if an option cannot be had.
            EditorError: if the weights are not there.
        """
        await asyncio.wrap_future(self.runner.load())

    async def edit(self, request: EditRequest) -> EditResult:
        """Edit the first image.

        Raises:
            EditRefusedError: if the request is more than the capabilities say.
            EditorError: if the model cannot be loaded or run.
        """
        refuse_unsupported(self.name, self.capabilities, request)
        call = self._call_arguments(request)
        if not request.images:
            return await self._generate(request, call)
        first = request.images[0]
        source = (first.ref["width"], first.ref["height"])
        canvas = fit_canvas(source, self._policy)
        # Decoded here, so that a broken image never reaches the model's thread.
        pixels = await asyncio.to_thread(lambda: [p.pixels for p in _pictures(request)])
        image = await self._run(request, call, lambda: self._with_images(call, pixels, canvas))
        data = await asyncio.to_thread(self._finish, image, canvas, pixels)
        flattened = pixels[0].shape[2] == 4
        return EditResult(
            image=data,
            notes=("transparent parts were laid on white",) if flattened else (),
            details=self._details(request, call)
            | {
                "sizes": {
                    "input": list(source),
                    "working": list(canvas.size),
                    "padding": [canvas.size[i] - canvas.inner[i] for i in (0, 1)],
                    "made": list(image.size),
                    "output": list(source),
                }
            },
        )

    async def _generate(self, request: EditRequest, call: dict[str, Any]) -> EditResult:
        width, height = _wanted_size(request.options.get("size"), self._policy)
        call |= {"width": width, "height": height}
        image = await self._run(request, call, lambda: call)
        data = await asyncio.to_thread(lambda: Picture.from_pixels(np.asarray(image)).data)
        details = self._details(request, call) | {"sizes": {"output": [width, height]}}
        return EditResult(image=data, details=details)

    async def _run(
        self,
        request: EditRequest,
        call: Mapping[str, Any],
        arguments: Callable[[], Mapping[str, Any]],
    ) -> Image.Image:
        loop = asyncio.get_running_loop()

        def report(step: int, steps: int) -> None:
            with suppress(RuntimeError):  # the loop may be gone
                loop.call_soon_threadsafe(request.on_step, step, steps)

        key = (tuple(request.images), request.mask, repr(sorted(call.items())))
        job = Job(key, arguments, request.seed, report)
        self.runner.submit(job)
        return await asyncio.wrap_future(job.image)

    def _call_arguments(self, request: EditRequest) -> dict[str, Any]:
        """Return what the pipeline is called with besides images, sizes and seeds."""
        preset, options = self.preset, self._options
        asked = {k: v for k, v in request.options.items() if k in preset.options}
        steps = asked.get("steps") or options.steps or preset.steps
        guidance = dict(preset.guidance)
        main = next(iter(guidance))
        chosen = asked.get("guidance", options.guidance)
        if chosen is not None:
            guidance[main] = _check(preset.name, "guidance", chosen, 100)
        call: dict[str, Any] = {
            "prompt": preset.prompt_template.format(prompt=request.prompt),
            "num_inference_steps": int(_check(preset.name, "steps", steps, 1000)),
            **guidance,
            **preset.arguments,
        }
        if "negative_prompt" in preset.options:
            negative = asked.get("negative_prompt", options.negative_prompt)
            call["negative_prompt"] = preset.negative_prompt if negative is None else negative
        return call

    def _details(self, request: EditRequest, call: Mapping[str, Any]) -> dict[str, JsonValue]:
        return {
            "model": self._options.model or self.preset.model,
            "steps": call["num_inference_steps"],
            "seed": request.seed,
            **{name: call[name] for name in self.preset.guidance},
        }

    def _with_images(
        self, call: Mapping[str, Any], pixels: list[Pixels], canvas: Canvas
    ) -> dict[str, Any]:
        preset, arguments = self.preset, dict(call)
        if preset.task == "fill":
            *pixels, mask = pixels
            arguments["mask_image"] = canvas.place(_grey(mask))
        images = [canvas.place(_on_white(pixels[0]))]
        for other in pixels[1:]:
            size = (other.shape[1], other.shape[0])
            images.append(fit_canvas(size, self._policy).place(_on_white(other)))
        several = preset.max_images > 1 or preset.image_argument != "image"
        arguments[preset.image_argument] = images if several else images[0]
        if preset.sends_size:
            arguments |= {"width": canvas.size[0], "height": canvas.size[1]}
        if preset.sends_area:
            arguments["max_area"] = canvas.size[0] * canvas.size[1]
        return arguments

    def _finish(self, image: Image.Image, canvas: Canvas, pixels: list[Pixels]) -> bytes:
        result = np.asarray(canvas.take_back(image.convert("RGB")))
        if self.preset.task == "fill":
            share = _grey(pixels[-1]).astype(np.float32)[..., None] / 255
            mixed = result * share + _on_white(pixels[0]) * (1 - share)
            result = np.rint(mixed).astype(np.uint8)
        return Picture.from_pixels(result).data


def _pictures(request: EditRequest) -> list[Picture]:
    return [*request.images, *([request.mask] if request.mask else [])]


def _on_white(pixels: Pixels) -> Pixels:
    if pixels.shape[2] == 3:
        return pixels
    alpha = pixels[..., 3:].astype(np.float32) / 255
    return np.rint(pixels[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)


def _grey(mask: Pixels) -> Pixels:
    return np.asarray(Image.fromarray(_on_white(mask)).convert("L"))


def _check(editor: str, name: str, value: JsonValue, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise EditorError(f"{editor}: {name} is {value!r}; it can be a number from 0 to {most:g}")
    return value


def _wanted_size(size: JsonValue, policy: SizePolicy) -> tuple[int, int]:
    """Return the asked size in steps that the model works in, or a square of its own area."""
    wanted = size if isinstance(size, list) else [round(policy.area**0.5)] * 2
    steps = [max(1, round(side / policy.multiple)) for side in wanted if isinstance(side, int)]
    if len(steps) != 2 or prod(steps) * policy.multiple**2 > 4 * policy.area:
        raise EditorError(
            f"size is {size!r}; give [width, height] of at most {policy.area:,} pixels"
        )
    return steps[0] * policy.multiple, steps[1] * policy.multiple
