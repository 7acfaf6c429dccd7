"""Parses each stream of a JSON array on standard input with PyPI's httpx-sse, through httpx itself."""

import json
import sys

import httpx
from httpx_sse import EventSource


def events(stream: str) -> list:
    response = httpx.Response(
        200, headers={"content-type": "text/event-stream"}, content=stream.encode()
    )
    return [[sse.event, sse.data, sse.id] for sse in EventSource(response).iter_sse()]


json.dump([events(stream) for stream in json.load(sys.stdin)], sys.stdout)
