"""A local graph whose editing runs on a server: upload, RemoteGraph as a node, fetch the result.

Start the server with `make studio`, then run:
python docs/examples/remote_graph.py photo.jpg http://127.0.0.1:2024 [TOKEN]
"""

import asyncio
import sys
from pathlib import Path
from typing import Any

import httpx
from langgraph.graph import START, StateGraph
from langgraph.pregel.remote import RemoteGraph
from typing_extensions import TypedDict


class Order(TypedDict, total=False):
    """The local state; it shares three names with the remote graph."""

    image: str
    instruction: str
    result: dict[str, Any] | None
    stop_reason: str


async def main(photo: str, url: str, token: str = "") -> Path:
    """Edit a photo on the server and write the result beside it."""
    headers = {"x-api-key": token} if token else {}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=120) as server:
        data = await asyncio.to_thread(Path(photo).read_bytes)
        uploaded = (await server.post("/blobs", content=data)).raise_for_status().json()

        builder = StateGraph(Order)
        builder.add_node("edit", RemoteGraph("edit_thinker", url=url, api_key=token or None))
        builder.add_edge(START, "edit")
        order = await builder.compile().ainvoke(
            {"image": uploaded["sha256"], "instruction": "make it brighter"}
        )
        print(order["stop_reason"])
        if order["result"] is None:
            raise SystemExit("no edit was made")
        result = await server.get(f"/blobs/{order['result']['sha256']}")
    edited = Path(photo).with_name(f"{Path(photo).stem}-edited.png")
    await asyncio.to_thread(edited.write_bytes, result.content)
    print(edited)
    return edited


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
