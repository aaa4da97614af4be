"""An MCP client that edits a photo through the server's `/mcp`; needs `pip install "mcp>=2"`.

Any MCP host (an editor, a desktop assistant) does the same when it is given the address.

Start the server with `make studio`, then run:
python docs/examples/mcp_client.py photo.jpg http://127.0.0.1:2024 [TOKEN]
"""

import asyncio
import re
import sys
from pathlib import Path

import httpx
from mcp import Client
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client


async def main(photo: str, url: str, token: str = "") -> bytes:
    """Upload a photo, edit it with the tool `edit_thinker`, and fetch the result."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    data = await asyncio.to_thread(Path(photo).read_bytes)
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=120) as server:
        uploaded = (await server.post("/blobs", content=data)).raise_for_status().json()
        async with (
            create_mcp_http_client(headers=headers) as http,
            Client(streamable_http_client(f"{url}/mcp", http_client=http)) as client,
        ):
            print("tools:", ", ".join(tool.name for tool in (await client.list_tools()).tools))
            reply = await client.call_tool(
                "edit_thinker", {"image": uploaded["sha256"], "instruction": "make it brighter"}
            )
        text = reply.content[0].text
        print(text[:300])
        # The server answers with the output's text; the result is named by its hash.
        found = re.search(r"'result': \{'sha256': '([0-9a-f]{64})'", text)
        if found is None:
            raise SystemExit("no edit was made")
        result = await server.get(f"/blobs/{found[1]}")
    print(f"{len(result.content):,} bytes of {result.headers['content-type']}")
    return result.content


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
