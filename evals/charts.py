"""Charts of the report, as SVG."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from editthinker.graph.page.markup import Html, tag

WIDTH, HEIGHT = 760, 320
LEFT, RIGHT, TOP, BOTTOM = 60, 150, 32, 44


@dataclass(frozen=True)
class Point:
    """A mean with its interval."""

    x: float
    y: float
    low: float | None
    high: float | None
    label: str
    """Shown when one points at it."""


def curve_chart(series: Mapping[str, Sequence[Point]], x_title: str, y_title: str) -> Html | None:
    """Draw means over something, with intervals; None where there is nothing to draw."""
    points = [point for each in series.values() for point in each]
    if not points:
        return None
    ends = [y for p in points for y in (p.y, p.low, p.high) if y is not None]
    least, most = min(ends), max(ends)
    pad = (most - least) * 0.08 or 0.5
    y0, y1 = least - pad, most + pad
    x0, x1 = min(p.x for p in points), max(p.x for p in points)
    if x0 == x1:
        x0, x1 = x0 - 0.5, x1 + 0.5

    def at_x(x: float) -> float:
        return round(LEFT + (x - x0) / (x1 - x0) * (WIDTH - LEFT - RIGHT), 1)

    def at_y(y: float) -> float:
        return round(HEIGHT - BOTTOM - (y - y0) / (y1 - y0) * (HEIGHT - TOP - BOTTOM), 1)

    parts = [_axes(y_title, x_title)]
    for share in range(5):
        y = y0 + (y1 - y0) * share / 4
        parts.append(tag("text", f"{y:.2f}", x=LEFT - 8, y=at_y(y) + 4, text_anchor="end"))
        parts.append(tag("line", class_="axis", x1=LEFT, x2=WIDTH - RIGHT, y1=at_y(y), y2=at_y(y)))
        x = x0 + (x1 - x0) * share / 4
        parts.append(
            tag("text", f"{x:.2f}", x=at_x(x), y=HEIGHT - BOTTOM + 16, text_anchor="middle")
        )
    labels: list[tuple[float, str, str]] = []
    for at, (name, each) in enumerate(series.items()):
        colour = f"c{at % 4}"
        corners = " ".join(f"{at_x(p.x)},{at_y(p.y)}" for p in each)
        parts.append(tag("polyline", class_=colour, points=corners))
        for p in each:
            if p.low is not None and p.high is not None:
                x = at_x(p.x) + at * 2
                parts.append(
                    tag(
                        "line",
                        class_=f"range {colour}",
                        x1=x,
                        x2=x,
                        y1=at_y(p.low),
                        y2=at_y(p.high),
                    )
                )
            circle = tag(
                "circle", tag("title", p.label), class_=colour, cx=at_x(p.x), cy=at_y(p.y), r=4
            )
            parts.append(circle)
        if each:
            labels.append((at_y(each[-1].y) + 4, name, colour))
    free = 0.0
    for wanted, name, colour in sorted(labels):
        y = max(wanted, free)
        free = y + 15
        parts.append(tag("text", name, class_=colour, x=WIDTH - RIGHT + 10, y=y))
    return tag(
        "svg",
        parts,
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        width=WIDTH,
        role="img",
        aria_label=f"{y_title} over {x_title}",
    )


def _axes(y_title: str, x_title: str) -> Html:
    return tag(
        "g",
        tag("text", x_title, x=(LEFT + WIDTH - RIGHT) / 2, y=HEIGHT - 6, text_anchor="middle"),
        tag("text", y_title, x=LEFT, y=TOP - 14),
    )
