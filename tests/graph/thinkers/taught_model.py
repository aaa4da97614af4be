"""Teaches a tiny Qwen3-VL one reply by heart, so that a real model class passes as a thinker."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from openai_server import TAGS
from tiny_qwen3_vl import build_tiny_qwen3_vl
from transformers import Qwen3VLForConditionalGeneration

from editthinker.graph.thinkers.base import PlanRequest, ThinkRequest
from editthinker.graph.thinkers.conversation import Ask, TagsWording
from editthinker.graph.thinkers.local import as_turn, load_processor
from editthinker.graph.thinkers.prompts import load_prompt

STEPS = 120


def teach(folder: Path, requests: Sequence[ThinkRequest], plan: PlanRequest) -> Path:
    """Build a checkpoint that answers everything with `openai_server.TAGS`; returns the folder."""
    texts = [TAGS, load_prompt("tags"), load_prompt("plan")] * 3
    build_tiny_qwen3_vl(folder, texts=texts, vocabulary=900)
    model: Any = Qwen3VLForConditionalGeneration.from_pretrained(folder)
    processor = load_processor(str(folder))
    reply = processor.tokenizer(TAGS + "<|im_end|>", return_tensors="pt")["input_ids"]
    wording = TagsWording()
    asks = [*map(wording.think, requests), wording.plan(plan)]
    samples = [_sample(processor, ask, reply) for ask in asks]
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    torch.manual_seed(0)
    for step in range(STEPS):
        loss = model(**samples[step % len(samples)]).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    model.save_pretrained(folder)
    return folder


def _sample(processor: Any, ask: Ask, reply: torch.Tensor) -> dict[str, Any]:
    turns = [as_turn(message) for message in ask.messages]
    inputs = processor.apply_chat_template(
        turns, add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
    )
    asked = inputs["input_ids"]
    inputs["input_ids"] = torch.cat([asked, reply], dim=1)
    inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
    if "mm_token_type_ids" in inputs:
        kinds = inputs["mm_token_type_ids"]
        inputs["mm_token_type_ids"] = torch.cat([kinds, torch.zeros_like(reply)], dim=1)
    labels = torch.cat([torch.full_like(asked, -100), reply], dim=1)
    return {**inputs, "labels": labels}
