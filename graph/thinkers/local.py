"""A thinker in this process: a local Qwen3-VL checkpoint on transformers, without a server."""

import base64
import io
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from PIL import Image
from pydantic import Field, PrivateAttr
from transformers import (
    AutoConfig,
    AutoModelForImageTextToText,
    AutoProcessor,
    PreTrainedModel,
    ProcessorMixin,
    Qwen3VLProcessor,
)
from transformers.utils import is_torchvision_available

from editthinker.graph.thinkers.chat_model import TOP_LOGPROBS, ChatModelThinker
from editthinker.graph.thinkers.options import ModelOptions, check_options
from editthinker.tools.errors import ThinkerError

_ROLES = {"human": "user", "ai": "assistant", "system": "system"}


class LocalOptions(ModelOptions):
    """What checkpoint thinks, and how it is asked."""

    device: str = Field("auto", description="auto, cpu, cuda, cuda:1, mps ...")
    dtype: str = Field("auto", description="auto, bfloat16, float16 or float32.")


def local(**options: object) -> ChatModelThinker:
    """Make a thinker of a checkpoint: a folder, or a name on the hub; see `LocalOptions`.

    The weights are loaded at the first call. One reply is made at a time.

    Raises:
        ConfigError: if an option is wrong or `model` is missing.
    """
    defaults: dict[str, object] = {
        "protocol": "tags",
        "temperature": 0.7,
        "top_p": 0.8,
        "max_concurrency": 1,
    }
    checked = check_options(LocalOptions, "local", defaults, options)
    model = TransformersChat(
        path=checked.model,
        device=checked.device,
        dtype=checked.dtype,
        temperature=checked.temperature,
        top_p=checked.top_p,
        max_tokens=checked.max_tokens,
        max_time_s=checked.deadline_s,
    )
    return ChatModelThinker(
        model, checked.protocol, name="local", options=checked.thinker_options()
    )


class ImageOnlyQwen3VLProcessor(Qwen3VLProcessor):  # type: ignore[misc]
    """Qwen3-VL's processor without its video half, which needs torchvision.

    It loads checkpoints that the full class has saved.
    """

    def __init__(
        self,
        image_processor: Any = None,
        tokenizer: Any = None,
        chat_template: str | None = None,
        **kwargs: Any,
    ) -> None:
        ProcessorMixin.__init__(self, image_processor, tokenizer, chat_template=chat_template)
        for name, token in (
            ("image_token", "<|image_pad|>"),
            ("video_token", "<|video_pad|>"),
            ("vision_start_token", "<|vision_start|>"),
            ("vision_end_token", "<|vision_end|>"),
        ):
            setattr(self, name, token)
            setattr(self, f"{name}_id", tokenizer.convert_tokens_to_ids(token))


def load_processor(path: str) -> Any:
    """Load the processor of a checkpoint, image-only where torchvision is missing."""
    if AutoConfig.from_pretrained(path).model_type == "qwen3_vl" and not is_torchvision_available():
        return ImageOnlyQwen3VLProcessor.from_pretrained(path)
    return AutoProcessor.from_pretrained(path)


class TransformersChat(BaseChatModel):
    """A LangChain chat model of a vision checkpoint in this process."""

    path: str
    device: str = "auto"
    dtype: str = "auto"
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int = 4096
    max_time_s: float = 600.0

    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)
    _loaded: tuple[PreTrainedModel, Any] | None = PrivateAttr(default=None)

    @property
    def _llm_type(self) -> str:
        return "transformers-local"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        *,
        seed: int | None = None,
        logprobs: bool = False,
        **kwargs: Any,
    ) -> ChatResult:
        with self._lock:
            model, processor = self._load()
            inputs = processor.apply_chat_template(
                [as_turn(message) for message in messages],
                add_generation_prompt=True,
                tokenize=True,
                return_dict=True,
                return_tensors="pt",
            ).to(model.device)
            with _seeded(seed, model.device), torch.inference_mode():
                output: Any = model.generate(
                    **inputs,
                    **self._sampling(),
                    max_new_tokens=self.max_tokens,
                    max_time=self.max_time_s,
                    output_logits=logprobs,
                    return_dict_in_generate=True,
                )
        sent = inputs["input_ids"].shape[1]
        made = output.sequences[0, sent:]
        ends = model.generation_config.eos_token_id
        ended = len(made) > 0 and int(made[-1]) in (ends if isinstance(ends, list) else [ends])
        facts: dict[str, Any] = {"finish_reason": "stop" if ended else "length"}
        if logprobs:
            facts["logprobs"] = {"content": _top_tokens(processor, made, output.logits)}
        message = AIMessage(
            processor.decode(made, skip_special_tokens=True),
            response_metadata=facts,
            usage_metadata={
                "input_tokens": sent,
                "output_tokens": len(made),
                "total_tokens": sent + len(made),
            },
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _load(self) -> tuple[PreTrainedModel, Any]:
        if self._loaded is None:
            device = self.device
            if device == "auto":
                device = "cuda" if torch.cuda.is_available() else "cpu"
            try:
                model = AutoModelForImageTextToText.from_pretrained(self.path, dtype=self.dtype)
                self._loaded = model.to(device).eval(), load_processor(self.path)
            except (OSError, ValueError, RuntimeError) as exc:
                raise ThinkerError(f"checkpoint {self.path!r} cannot be loaded: {exc}") from exc
        return self._loaded

    def _sampling(self) -> dict[str, Any]:
        if self.temperature == 0:
            return {"do_sample": False}
        given = {"temperature": self.temperature, "top_p": self.top_p}
        return {"do_sample": True} | {k: v for k, v in given.items() if v is not None}


@contextmanager
def _seeded(seed: int | None, device: torch.device) -> Iterator[None]:
    """Draw from `seed`, and leave the random state of the program as it was."""
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        if seed is not None:
            torch.manual_seed(seed)
        yield


def as_turn(message: BaseMessage) -> dict[str, Any]:
    """Turn a message into the shape of chat templates, its pictures decoded."""
    parts = [{"type": "text", "text": message.content}]
    if not isinstance(message.content, str):
        parts = [_part(part) for part in message.content]
    return {"role": _ROLES[message.type], "content": parts}


def _part(part: str | dict[Any, Any]) -> dict[str, Any]:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    if part["type"] != "image_url":
        return part
    data = base64.b64decode(part["image_url"]["url"].partition(",")[2])
    return {"type": "image", "image": Image.open(io.BytesIO(data)).convert("RGB")}


def _top_tokens(
    processor: Any, made: torch.Tensor, logits: Sequence[torch.Tensor]
) -> list[dict[str, Any]]:
    """Return each token with its likeliest alternatives, in the shape of OpenAI's API."""
    tokens = []
    for token, scores in zip(made, logits, strict=True):
        top = scores[0].float().log_softmax(-1).topk(min(TOP_LOGPROBS, scores.shape[-1]))
        alternatives = [
            {"token": processor.decode(index), "logprob": float(value)}
            for value, index in zip(top.values, top.indices, strict=True)
        ]
        tokens.append({"token": processor.decode(token), "top_logprobs": alternatives})
    return tokens
