"""The page: a photo, a wish, the turns as they arrive, and a person's hand on the wheel."""

import html
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from editthinker.graph.context import Mode, parse_settings
from editthinker.graph.desk import Desk, Sheet
from editthinker.graph.review import ReviewAnswer
from editthinker.graph.state import Attempt
from editthinker.tools.errors import EditThinkerError

TITLE = "EditThinker"

CSS = """
.gradio-container {
  width: 100% !important; max-width: 1200px !important; margin: 0 auto !important;
}
.story { line-height: 1.5; overflow-wrap: anywhere; }
.story .doing { opacity: .75; }
.story .error { color: #b00020; }
.dark .story .error { color: #ff8a80; }
.story dt { font-weight: 600; margin-top: .5em; }
.story dd { margin: 0; white-space: pre-wrap; }
footer { display: none !important; }
"""

MODES: list[Mode] = [
    "think-while",
    "think-before-and-while",
    "think-before",
    "best-of-n",
    "single",
]


def serve_page(desk: Desk, *, port: int, open_browser: bool) -> None:
    """Serve the page on loopback until it is interrupted."""
    page = build_page(desk)
    page.queue(default_concurrency_limit=4).launch(
        server_name="127.0.0.1",
        server_port=port or None,
        share=False,
        inbrowser=open_browser,
        quiet=False,
        allowed_paths=[desk.picture_folder],
        max_file_size="64mb",
        css=CSS,
        theme=gr.themes.Soft(font=["system-ui", "sans-serif"], font_mono=["monospace"]),
    )


def build_page(desk: Desk) -> gr.Blocks:
    """Lay out the page and wire it to the desk."""
    with gr.Blocks(title=TITLE, analytics_enabled=False) as page:
        thread = gr.State("")
        gr.Markdown(f"# {TITLE}\nSay what to change. It edits, looks, and tries again.")
        with gr.Row():
            with gr.Column(scale=2, min_width=300):
                photo = gr.Image(
                    label="Your photo",
                    type="filepath",
                    image_mode=None,
                    sources=["upload", "clipboard"],
                    height=280,
                    elem_id="photo",
                )
                wish = gr.Textbox(
                    label="What to change",
                    placeholder="make it warmer and blur the background",
                    lines=2,
                    max_lines=6,
                    elem_id="wish",
                )
                with gr.Row():
                    edit = gr.Button("Edit", variant="primary", elem_id="edit", min_width=140)
                    stop = gr.Button("Stop", elem_id="stop", min_width=140)
                with gr.Accordion("Settings", open=False):
                    mode = gr.Dropdown(MODES, value="think-while", label="How it thinks")
                    turns = gr.Slider(1, 12, value=4, step=1, label="Most turns")
                    candidates = gr.Slider(1, 6, value=1, step=1, label="Edits per turn")
                    review = gr.Checkbox(label="Ask me after every turn", elem_id="review")
                earlier = gr.Dropdown([], label="Earlier edits", value=None, elem_id="earlier")
            with gr.Column(scale=3, min_width=300):
                slider = gr.ImageSlider(
                    label="Before and after",
                    type="filepath",
                    interactive=False,
                    height="min(420px, 66vw)",
                    elem_id="slider",
                    buttons=["fullscreen"],
                )
                pick = gr.Radio([], label="Turns, with semantic and quality score", elem_id="turns")
                story = gr.HTML(elem_id="story", padding=False)
                next_prompt = gr.Textbox(
                    label="Take over: your prompt for the next turn, from the turn chosen above",
                    lines=2,
                    elem_id="next",
                )
                with gr.Row():
                    go_on = gr.Button(
                        "Let it go on", interactive=False, elem_id="go-on", min_width=90
                    )
                    accept = gr.Button(
                        "Take this one", interactive=False, elem_id="accept", min_width=90
                    )
                    branch = gr.Button(
                        "Try my prompt", interactive=False, elem_id="branch", min_width=90
                    )
                download = gr.DownloadButton("Download", interactive=False, elem_id="download")

        shown = [
            *[thread, slider, pick, story, next_prompt],
            *[go_on, accept, branch, download, earlier],
        ]

        async def start(
            photo: str | None, wish: str, mode: str, turns: float, candidates: float, review: bool
        ) -> AsyncIterator[list[Any]]:
            if photo is None:
                raise gr.Error("Choose a photo first.", print_exception=False)
            settings = parse_settings(
                {
                    "mode": mode,
                    "max_turns": int(turns),
                    "candidates": int(candidates),
                    "review": review,
                }
            )
            async for update in follow(desk.start(photo, wish, settings)):
                yield update

        async def let_go_on(thread: str) -> AsyncIterator[list[Any]]:
            halted = (await desk.open(thread)).halted
            steps = (
                desk.resume(thread)
                if halted
                else desk.answer(thread, ReviewAnswer(action="continue"))
            )
            async for update in follow(steps):
                yield update

        async def take(thread: str, place: str | None) -> AsyncIterator[list[Any]]:
            turn, candidate = read_place(place)
            answer = ReviewAnswer(action="accept", turn=turn, candidate=candidate)
            async for update in follow(desk.answer(thread, answer)):
                yield update

        async def try_prompt(
            thread: str, place: str | None, prompt: str
        ) -> AsyncIterator[list[Any]]:
            if not prompt.strip():
                raise gr.Error("Write a prompt first.", print_exception=False)
            sheet = await desk.open(thread)
            turn = read_place(place)[0]
            if sheet.waits and sheet.attempts and turn == sheet.attempts[-1]["turn"]:
                steps = desk.answer(thread, ReviewAnswer(action="prompt", prompt=prompt))
            else:
                steps = desk.branch(thread, turn, prompt)
            async for update in follow(steps):
                yield update

        async def follow(steps: AsyncIterator[Sheet]) -> AsyncIterator[list[Any]]:
            try:
                async for sheet in steps:
                    yield [*render(sheet, desk, None), gr.skip()]
            except EditThinkerError as exc:
                raise gr.Error(html.escape(str(exc)), print_exception=False) from exc
            yield [*[gr.skip()] * (len(shown) - 1), await list_earlier()]

        async def show_turn(thread: str, place: str | None) -> list[Any]:
            if not thread or place is None:
                return [gr.skip()] * len(shown)
            return [*render(await desk.open(thread), desk, place), await list_earlier()]

        async def open_earlier(chosen: str | None) -> list[Any]:
            if not chosen:
                return [gr.skip()] * (len(shown) + 2)
            sheet = await desk.open(chosen)
            seen = render(sheet, desk, None)
            return [*seen, gr.skip(), desk.file_of(sheet.source), sheet.instruction]

        async def list_earlier() -> Any:
            entries = await desk.history()
            return gr.update(choices=[(entry.label, entry.thread) for entry in entries])

        for trigger in (edit.click, wish.submit):
            trigger(start, [photo, wish, mode, turns, candidates, review], shown)
        go_on.click(let_go_on, [thread], shown)
        accept.click(take, [thread, pick], shown)
        for trigger in (branch.click, next_prompt.submit):
            trigger(try_prompt, [thread, pick, next_prompt], shown)
        # Only runs go through Gradio's queue: it loses the answer to an action that comes while the
        # stream of another closes, and its own `cancels` can leave the page deaf.
        at_once = {"queue": False, "show_progress": "hidden"}
        stop.click(desk.stop, [thread], None, **at_once)
        pick.input(show_turn, [thread, pick], shown, **at_once)
        earlier.input(open_earlier, [earlier], [*shown, photo, wish], **at_once)
        page.load(list_earlier, None, earlier, **at_once)
    return page


def render(sheet: Sheet, desk: Desk, place: str | None) -> list[Any]:
    """Return what the parts of the page show of a sheet: all of `shown` but the history."""
    made = [a for a in sheet.attempts if a["image"]]
    best = sheet.best
    looked_at = next((a for a in sheet.attempts if place_of(a) == place), None)
    if looked_at is None:
        looked_at = best if not sheet.doing and best else (made[-1] if made else None)
    before = desk.file_of(sheet.source)
    image = looked_at["image"] if looked_at else None
    after = desk.file_of(image) if image else before
    idle = not sheet.doing
    return [
        sheet.thread,
        gr.update(value=(before, after)),
        gr.update(
            choices=[(label_of(a, best), place_of(a)) for a in sheet.attempts],
            value=place_of(looked_at) if looked_at else None,
        ),
        tell_story(sheet, looked_at),
        sheet.next_prompt if sheet.waits else gr.skip(),
        gr.update(interactive=sheet.waits or sheet.halted),
        gr.update(interactive=idle and sheet.waits and bool(made)),
        gr.update(interactive=idle and bool(sheet.attempts)),
        gr.update(value=after if image else None, interactive=idle and image is not None),
    ]


def tell_story(sheet: Sheet, attempt: Attempt | None) -> str:
    """Return HTML that says how a run stands; whatever others wrote is escaped."""
    lines = []
    if sheet.doing:
        lines.append(f'<p class="doing" role="status">{html.escape(sheet.doing)} ...</p>')
    elif sheet.waits:
        lines.append(
            '<p role="status"><strong>Your turn:</strong> go on, take one, or '
            "write what to try instead.</p>"
        )
    elif sheet.halted:
        lines.append('<p role="status"><strong>Stopped</strong> in the middle.</p>')
    elif sheet.stop_reason:
        reason = html.escape(sheet.stop_reason.replace("_", " "))
        kept = f", turn {sheet.chosen[0]} was kept" if sheet.chosen else ""
        lines.append(f'<p role="status"><strong>Done:</strong> {reason}{kept}.</p>')
    if sheet.error:
        lines.append(f'<p class="error" role="alert">{html.escape(sheet.error)}</p>')
    if attempt:
        said = {
            "Prompt": f"{attempt['prompt']}",
            "Scores": scores_of(attempt),
            "What the thinker says": attempt["reasoning"],
            "What the editor says": " ".join(attempt["notes"]),
            "What failed": attempt["error"] or "",
        }
        items = "".join(
            f"<dt>{name}</dt><dd>{html.escape(text)}</dd>" for name, text in said.items() if text
        )
        lines.append(f"<dl>{items}</dl>")
    return f'<div class="story">{"".join(lines)}</div>'


def scores_of(attempt: Attempt) -> str:
    """Say both scores."""
    if attempt["semantic"] is None or attempt["quality"] is None:
        return "not scored"
    return f"semantic {attempt['semantic']:.1f}, quality {attempt['quality']:.1f} of 10"


def label_of(attempt: Attempt, best: Attempt | None) -> str:
    """Name an attempt in the list of turns."""
    number = f"{attempt['turn']}"
    if attempt["candidate"]:
        number += f".{attempt['candidate'] + 1}"
    star = " ★" if best and place_of(best) == place_of(attempt) else ""
    if attempt["image"] is None:
        return f"Turn {number}: no image"
    if attempt["semantic"] is None or attempt["quality"] is None:
        return f"Turn {number}{star}"
    return f"Turn {number}: {attempt['semantic']:.1f} / {attempt['quality']:.1f}{star}"


def place_of(attempt: Attempt) -> str:
    """Return a key for an attempt."""
    return f"{attempt['turn']}.{attempt['candidate']}"


def read_place(place: str | None) -> tuple[int, int]:
    """Read such a key; the first turn if there is none."""
    turn, _, candidate = (place or "1.0").partition(".")
    return int(turn), int(candidate)
