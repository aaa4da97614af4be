"""A batch agent: every photo of a folder side by side, one loop each.

Run: python docs/examples/batch.py FOLDER "make it warmer"
"""

import asyncio
import operator
import sys
from pathlib import Path
from typing import Annotated

from langgraph.graph import START, StateGraph
from langgraph.types import Send
from typing_extensions import TypedDict

from editthinker.graph import EditContext, edit_node
from editthinker.tools.blobs import BlobStore
from editthinker.tools.errors import MediaError
from editthinker.tools.images import EXTENSIONS, ImageRef
from editthinker.tools.ingest import ingest_image


class Photo(TypedDict):
    """One photo of the folder."""

    name: str
    image: ImageRef
    instruction: str


class Batch(TypedDict, total=False):
    """The folder."""

    photos: list[Photo]
    done: Annotated[list[tuple[str, ImageRef | None, str]], operator.add]


def build_batch(blobs: BlobStore) -> StateGraph[Batch]:
    """Build the parent: one task per photo, gathered by a reducer."""
    loop = edit_node(blobs=blobs, context=EditContext(max_turns=2))

    async def edit_one(photo: Photo) -> Batch:
        out = await loop.ainvoke({"image": photo["image"], "instruction": photo["instruction"]})
        return {"done": [(photo["name"], out["result"], out["stop_reason"])]}

    builder = StateGraph(Batch)
    builder.add_node("edit_one", edit_one, input_schema=Photo)
    builder.add_conditional_edges(
        START, lambda batch: [Send("edit_one", photo) for photo in batch["photos"]], ["edit_one"]
    )
    return builder


async def main(folder: str, instruction: str, blob_folder: str = "blobs") -> Batch:
    """Edit a folder into `FOLDER/edited`; files that are no photos are passed over."""
    blobs = BlobStore(blob_folder)
    photos: list[Photo] = []
    for path in sorted(p for p in Path(folder).iterdir() if p.is_file()):
        try:
            ref = ingest_image(path, blobs).ref
        except MediaError as exc:
            print(f"passed over: {exc}")
            continue
        photos.append({"name": path.stem, "image": ref, "instruction": instruction})
    graph = build_batch(blobs).compile()
    # At most two photos at a time, whatever the size of the folder.
    batch = await graph.ainvoke({"photos": photos}, {"max_concurrency": 2})
    edited = Path(folder) / "edited"
    edited.mkdir(exist_ok=True)
    for name, result, reason in batch["done"]:
        print(f"{name}: {reason}")
        if result:
            picture = blobs.get_image(result)
            (edited / (name + EXTENSIONS[result["media_type"]])).write_bytes(picture.data)
    return batch


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
