"""PyPI's `openai`, as its README reads a streamed completion."""

from drive import drive
from openai import AsyncOpenAI


async def read(stream, show):
    messages = [{"role": "user", "content": "count"}]
    async with AsyncOpenAI(api_key="none", base_url=stream["url"]) as client:
        chunks = await client.chat.completions.create(model="m", messages=messages, stream=True)
        async with chunks:
            async for chunk in chunks:
                if chunk.choices:
                    show("event", name="message", data=chunk.choices[0].delta.content)


drive(read)
