"""What came of a run, in the few lines that a model or a chat reads."""

from editthinker.graph.blocks import short_id
from editthinker.graph.record import RunRecord


def tell(record: RunRecord) -> str:
    """Say in a few lines what came of a run."""
    turns = len({t.turn for t in record.turns})
    after = f"after {turns} turn{'s' if turns > 1 else ''} ({record.stop_reason})"
    if record.result is None:
        return f"No edit was made {after}: {record.error or 'the editor gave no image'}"
    kept = next(
        t
        for t in record.turns
        if (t.turn, t.candidate) == (record.result.turn, record.result.candidate)
    )
    ref = record.result.image
    size = f"{ref['width']} x {ref['height']}"
    scores = "not scored"
    if kept.semantic is not None and kept.quality is not None:
        scores = f"semantic {kept.semantic:.1f}, quality {kept.quality:.1f} of 10"
    lines = [
        f"New picture {short_id(ref)} ({size}) from turn {kept.turn}, {after}: {scores}.",
        f"Final prompt: {kept.prompt}",
    ]
    if changed := " ".join([*kept.notes, kept.reasoning]).strip():
        lines.append(f"What changed: {changed[:600]}")
    if record.error:
        lines.append(f"Then: {record.error}")
    return "\n".join(lines)
