"""Makes one call with the official `anthropic` SDK and prints what its user would see, as JSON.

Environment: BASE_URL (without /v1), API_KEY (sent as `x-api-key`) or AUTH_TOKEN (sent as a
bearer token), MODEL, CASE (a key of CASES); optional PROMPT, MAX_TOKENS and HEADERS (a JSON
object of extra request headers). The SDK's own retry policy is left alone, because tests count
the requests it makes.
"""

import json
import os
import sys

import anthropic


class Outcome:
    """What the call gave so far; kept outside the call so that a broken stream shows its start."""

    def __init__(self):
        self.text = ""
        self.usage = None
        self.finish = None
        self.request_id = None
        self.events = 0

    def fields(self):
        return dict(vars(self))


def request():
    return {
        "model": os.environ["MODEL"],
        "messages": [{"role": "user", "content": os.environ.get("PROMPT", "Say hello.")}],
    }


def max_tokens():
    return int(os.environ.get("MAX_TOKENS", "64"))


def messages(client, outcome):
    answer = client.messages.create(max_tokens=max_tokens(), **request())
    outcome.text = "".join(block.text for block in answer.content if block.type == "text")
    outcome.finish = answer.stop_reason
    outcome.usage = answer.usage.model_dump(mode="json")
    outcome.request_id = answer._request_id


def messages_stream(client, outcome):
    stream = client.messages.create(max_tokens=max_tokens(), stream=True, **request())
    outcome.request_id = stream.response.headers.get("request-id")
    for event in stream:
        outcome.events += 1
        if event.type == "message_start":
            outcome.usage = event.message.usage.model_dump(mode="json")
        elif event.type == "content_block_delta" and event.delta.type == "text_delta":
            outcome.text += event.delta.text
        elif event.type == "message_delta":
            outcome.finish = event.delta.stop_reason
            # The counts of the delta are cumulative and replace those of the start.
            outcome.usage |= event.usage.model_dump(mode="json", exclude_none=True)


def count_tokens(client, outcome):
    answer = client.messages.count_tokens(**request())
    outcome.usage = {"input_tokens": answer.input_tokens}
    outcome.request_id = answer._request_id


def models(client, outcome):
    page = client.models.list()
    outcome.text = ",".join(sorted(entry.id for entry in page))
    outcome.request_id = page._request_id


CASES = {case.__name__: case for case in (messages, messages_stream, count_tokens, models)}


def credential():
    """The carrier that the test chose: an API key, or a bearer token."""
    if "AUTH_TOKEN" in os.environ:
        return {"auth_token": os.environ["AUTH_TOKEN"]}
    return {"api_key": os.environ["API_KEY"]}


def run():
    outcome = Outcome()
    case = CASES[os.environ["CASE"]]
    client = anthropic.Anthropic(
        base_url=os.environ["BASE_URL"],
        default_headers=json.loads(os.environ.get("HEADERS", "{}")),
        **credential(),
    )
    try:
        case(client, outcome)
    # Not only the SDK's own errors: some failures in a stream reach its user unwrapped.
    except Exception as error:
        return outcome.fields() | {
            "ok": False,
            "exception": type(error).__name__,
            "status": getattr(error, "status_code", None),
            "code": getattr(error, "error_code", None),
            "type": getattr(error, "type", None),
            "message": str(error),
            "request_id": getattr(error, "request_id", None) or outcome.request_id,
        }
    return {"ok": True} | outcome.fields()


if __name__ == "__main__":
    json.dump(run(), sys.stdout)
    print()
