"""PyPI's `httpx-sse`, as its README reads a stream."""

import httpx
from drive import drive
from httpx_sse import aconnect_sse


async def read(stream, show):
    headers = {"last-event-id": stream["last"]} if stream.get("last") else {}
    async with httpx.AsyncClient(timeout=None) as client:
        async with aconnect_sse(client, "GET", stream["url"], headers=headers) as source:
            source.response.raise_for_status()
            async for sse in source.aiter_sse():
                show("event", name=sse.event, id=sse.id, data=sse.data)


drive(read)
