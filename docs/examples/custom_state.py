"""The loop as one node of a graph whose state has names of its own.

Run: python docs/examples/custom_state.py photo.jpg
"""

import asyncio
import sys
from pathlib import Path

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

from editthinker.graph import EditContext, edit_node
from editthinker.tools.blobs import BlobStore
from editthinker.tools.images import ImageRef
from editthinker.tools.ingest import ingest_image


class Listing(TypedDict, total=False):
    """What a shop knows about an article."""

    article: str
    photo: ImageRef
    shop_photo: ImageRef | None
    log: str


def write_listing(state: Listing) -> Listing:
    """Do something with what the loop made."""
    photo = state["shop_photo"] or state["photo"]
    return {"log": f"{state['log']}; {state['article']} shows {photo['sha256'][:12]}"}


def build_listing(blobs: BlobStore) -> StateGraph[Listing]:
    """Build the parent: the loop, then the shop's own step."""
    retouch = edit_node(
        blobs=blobs,
        context=EditContext(max_turns=3),
        map_in=lambda state: {
            "image": state["photo"],
            "instruction": "make it brighter and blur the background",
        },
        map_out=lambda out: {
            "shop_photo": out["result"],
            "log": f"{len(out['attempts'])} edits, {out['stop_reason']}",
        },
    )
    builder = StateGraph(Listing)
    builder.add_node("retouch", retouch)
    builder.add_node("write_listing", write_listing)
    builder.add_edge(START, "retouch")
    builder.add_edge("retouch", "write_listing")
    builder.add_edge("write_listing", END)
    return builder


async def main(photo: str, blob_folder: str = "blobs") -> Listing:
    """Run the parent on one photo and show the loop's events as they come."""
    blobs = BlobStore(blob_folder)
    graph = build_listing(blobs).compile(checkpointer=InMemorySaver())
    given: Listing = {"article": "Blue cup", "photo": ingest_image(Path(photo), blobs).ref}
    result: Listing = {}
    async for namespace, mode, chunk in graph.astream(
        given,
        {"configurable": {"thread_id": "blue-cup"}},
        stream_mode=["custom", "values"],
        subgraphs=True,  # without it the loop's events stay inside
    ):
        if mode == "custom":
            print(chunk["event"])
        elif not namespace:
            result = chunk
    print(result["log"])
    return result


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
