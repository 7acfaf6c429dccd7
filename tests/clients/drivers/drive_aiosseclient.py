"""PyPI's `aiosseclient`, as its README reads a stream."""

from aiosseclient import aiosseclient
from drive import drive


async def read(stream, show):
    events = aiosseclient(stream["url"], last_id=stream.get("last"), raise_for_status=True)
    async for event in events:
        show("event", name=event.event, id=event.id, data=event.data)


drive(read)
