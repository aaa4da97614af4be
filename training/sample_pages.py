"""Every few steps of training, a page of samples: pictures, replies, rewards and their parts."""

import math
from collections.abc import Sequence
from pathlib import Path

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from editthinker.graph.page.markup import Html, join, quoted, tag
from editthinker.graph.page.preview import make_preview
from editthinker.tools.blobs import BlobStore
from editthinker.tools.images import ImageRef
from editthinker.training.outcomes import Sample
from editthinker.training.pictures import Pictures
from editthinker.training.rewards import EditReward

SIDE = 240
"""Pixels of the longer side of a picture."""

SHOWN = 64
"""Samples on a page at most."""

MAX_TEXT = 4000

STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:78rem;margin:2rem auto;padding:0 1rem;
color-scheme:light dark}
article{border-top:1px solid #8884;padding:1rem 0}
figure{display:inline-block;margin:0 1rem .5rem 0;vertical-align:top}
figcaption{font-size:.85em;opacity:.8}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#8881;padding:.6rem;margin:.4rem 0}
img{max-width:100%;height:auto;display:block}
b{font-variant-numeric:tabular-nums}
"""


class SamplePages(TrainerCallback):  # type: ignore[misc]
    """Writes a page into a folder every so many steps, from the reward's last batch.

    Under several processes each one scores its own share; the first one's share is shown.
    """

    def __init__(self, reward: EditReward, folder: Path, every: int) -> None:
        self._reward = reward
        self._folder = folder
        self._every = every

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: object,
    ) -> None:
        """Write the page of this step, if it is due."""
        step = state.global_step
        if not self._every or step % self._every or not state.is_world_process_zero:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        page = render_samples(self._reward.last, self._reward.pictures, f"Step {step}")
        (self._folder / f"step-{step:06}.html").write_text(page, encoding="utf-8")


def render_samples(samples: Sequence[Sample], pictures: Pictures, title: str) -> str:
    """Show samples as one HTML file that needs nothing else."""
    rewards = [s.outcome.reward for s in samples if s.outcome.reward is not None]
    mean = f"{sum(rewards) / len(rewards):.3f}" if rewards else "none"
    facts = f"{len(samples)} replies, mean reward {mean}, {len(samples) - len(rewards)} masked"
    if len(samples) > SHOWN:
        facts += f"; the first {SHOWN} are shown"
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
        tag("title", title),
        tag("style", Html(STYLE)),
    )
    body = tag(
        "body",
        tag("h1", title),
        tag("p", facts),
        (_show(sample, pictures) for sample in samples[:SHOWN]),
    )
    return join(Html("<!doctype html>\n"), tag("html", head, body, lang="en"))


def _show(sample: Sample, pictures: Pictures) -> Html:
    row, outcome = sample.row, sample.outcome
    shown = {"source": row.source, "before": row.edited}
    figures = [
        _figure(pictures.take_in_now(image).ref, caption, pictures.blobs)
        for caption, image in shown.items()
    ]
    if outcome.edited:
        figures.append(_figure(outcome.edited, "after", pictures.blobs))
    reward = "masked" if outcome.reward is None else f"{outcome.reward:.3f}"
    facts = [f"{outcome.ending}"]
    if outcome.parts:
        parts = vars(outcome.parts).items()
        facts += [f"{name} {value:.2f}" for name, value in parts]
    for name, scores in (("before", outcome.before), ("after", outcome.after)):
        if scores:
            overall = math.sqrt(scores.semantic * scores.quality)
            facts.append(
                f"{name} semantic {scores.semantic:.1f} quality {scores.quality:.1f} "
                f"overall {overall:.1f}"
            )
    return tag(
        "article",
        tag("h2", quoted(row.instruction)),
        tag("p", "was told: ", quoted(row.prompt[:MAX_TEXT])),
        figures,
        tag("p", tag("b", f"reward {reward}"), " · ", " · ".join(facts)),
        tag("p", outcome.error) if outcome.error else None,
        quoted(sample.reply[:MAX_TEXT], "pre"),
    )


def _figure(ref: ImageRef, caption: str, blobs: BlobStore) -> Html:
    preview = make_preview(ref, blobs, SIDE)
    if preview is None:
        return tag("figure", tag("figcaption", f"{caption}: missing"))
    picture = tag("img", src=preview.uri, alt=caption, width=preview.width, height=preview.height)
    return tag("figure", picture, tag("figcaption", caption))
