"""The routes that every peer has, as django-bolt's documentation writes them."""

import asyncio
import time
from collections.abc import AsyncIterable, Iterable

from django_bolt import BoltAPI
from django_bolt.responses import EventSourceResponse, ServerSentEvent

api = BoltAPI()


@api.get("/sse", response_class=EventSourceResponse)
async def sse() -> AsyncIterable[int]:
    while True:
        yield time.time_ns()
        await asyncio.sleep(1)


@api.get("/sync-sse", response_class=EventSourceResponse)
def sync_sse() -> Iterable[int]:
    while True:
        yield time.time_ns()
        time.sleep(1)


@api.get("/burst", response_class=EventSourceResponse)
async def burst(events: int) -> AsyncIterable[ServerSentEvent]:
    for index in range(events):
        yield ServerSentEvent(event="token", data={"index": index, "token": "hello"})


@api.get("/short", response_class=EventSourceResponse)
async def short(events: int) -> AsyncIterable[ServerSentEvent]:
    for index in range(events):
        yield ServerSentEvent(event="token", data={"index": index, "token": "hello"})
