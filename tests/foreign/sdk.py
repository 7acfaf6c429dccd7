"""The official clients of two language-model APIs against a server that speaks both: sdk.py BASE"""

import sys

import anthropic
import openai

base = sys.argv[1]
gpt = openai.OpenAI(base_url=f"{base}/v1", api_key="none", max_retries=0, timeout=20)
claude = anthropic.Anthropic(base_url=base, api_key="none", max_retries=0, timeout=20)


def said(text):
    return [{"role": "user", "content": text}]


def complete(text, **more):
    return gpt.chat.completions.create(model="m", messages=said(text), **more)


def answer(text, **more):
    return claude.messages.create(model="m", max_tokens=10, messages=said(text), **more)


def raises(kind, call):
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}")


# Chunks arrive, and the stream ends by itself.
chunks = list(complete("three two one", stream=True))
assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "one two three ", chunks
assert chunks[-1].choices[0].finish_reason == "stop", chunks
events = list(answer("three two one", stream=True))
assert [event.type for event in events] == [
    "message_start",
    "content_block_start",
    *["content_block_delta"] * 3,
    "content_block_stop",
    "message_delta",
    "message_stop",
], events
with claude.messages.stream(model="m", max_tokens=10, messages=said("b a")) as stream:
    assert "".join(stream.text_stream) == "a b "
    assert stream.get_final_message().stop_reason == "end_turn"

# Without a stream there is one value.
assert complete("b a").choices[0].message.content == "a b "
assert answer("b a").content[0].text == "a b "

# An error before the first chunk is a status, one after it an error of the stream.
assert "the prompt is empty" in raises(openai.UnprocessableEntityError, lambda: complete(" ", stream=True)).message
assert "the prompt is empty" in raises(anthropic.UnprocessableEntityError, lambda: answer(" ", stream=True)).message
assert raises(openai.InternalServerError, lambda: complete("fail")).status_code == 500
error = raises(openai.APIError, lambda: list(complete("fail after this", stream=True)))
assert "the server failed" in error.message, error
error = raises(anthropic.APIError, lambda: list(answer("fail after this", stream=True)))
assert "the server failed" in str(error), error

# A client that has had enough leaves.
words = " ".join(["word"] * 10_000)
for stream in (complete(words, stream=True), answer(words, stream=True)):
    next(iter(stream))
    stream.close()
