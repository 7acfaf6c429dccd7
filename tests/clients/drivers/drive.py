"""What the drivers in Python share; `drive.mjs` says how they speak."""

import asyncio
import json
import sys


async def _commands():
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
    async for line in reader:
        yield json.loads(line)


async def _drive(read):
    tasks = {}

    async def run(key, stream):
        def show(what, **more):
            print(json.dumps({"key": key, "what": what, **more}), flush=True)

        try:
            await read(stream, show)
        except Exception as error:
            show("error", text=f"{type(error).__name__}: {error}")
        show("end")

    print("ready", flush=True)
    async for command in _commands():
        if key := command.pop("open", None):
            tasks[key] = asyncio.create_task(run(key, command))
        elif (key := command["close"]) in tasks:
            tasks.pop(key).cancel()


def drive(read):
    """`read` is given what to open and how to show things, and returns when the client is done."""
    asyncio.run(_drive(read))
