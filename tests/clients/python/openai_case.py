"""Makes one call with the official `openai` SDK and prints what its user would see, as JSON.

Environment: BASE_URL (with /v1), API_KEY, MODEL, CASE (a key of CASES); optional PROMPT and
HEADERS (a JSON object of extra request headers). The SDK's own retry policy is left alone,
because tests count the requests it makes.
"""

import json
import os
import sys

import openai


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


def plain(value):
    """An SDK model as JSON."""
    return None if value is None else value.model_dump(mode="json")


def chat(client, model, prompt, outcome):
    answer = client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": prompt}]
    )
    outcome.text = answer.choices[0].message.content
    outcome.finish = answer.choices[0].finish_reason
    outcome.usage = plain(answer.usage)
    outcome.request_id = answer._request_id


def chat_stream(client, model, prompt, outcome, **options):
    stream = client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": prompt}], stream=True, **options
    )
    outcome.request_id = stream.response.headers.get("x-request-id")
    for chunk in stream:
        outcome.events += 1
        outcome.usage = plain(chunk.usage) or outcome.usage
        for choice in chunk.choices:
            outcome.text += choice.delta.content or ""
            outcome.finish = choice.finish_reason or outcome.finish


def chat_stream_usage(client, model, prompt, outcome):
    chat_stream(client, model, prompt, outcome, stream_options={"include_usage": True})


def completions(client, model, prompt, outcome):
    answer = client.completions.create(model=model, prompt=prompt)
    outcome.text = answer.choices[0].text
    outcome.finish = answer.choices[0].finish_reason
    outcome.usage = plain(answer.usage)
    outcome.request_id = answer._request_id


def embeddings(client, model, prompt, outcome):
    answer = client.embeddings.create(model=model, input=prompt)
    # A vector has no text: its length shows that the SDK could decode it.
    outcome.text = str(len(answer.data[0].embedding))
    outcome.usage = plain(answer.usage)
    outcome.request_id = answer._request_id


def responses(client, model, prompt, outcome):
    answer = client.responses.create(model=model, input=prompt)
    outcome.text = answer.output_text
    outcome.finish = answer.status
    outcome.usage = plain(answer.usage)
    outcome.request_id = answer._request_id


def responses_stream(client, model, prompt, outcome):
    stream = client.responses.create(model=model, input=prompt, stream=True)
    outcome.request_id = stream.response.headers.get("x-request-id")
    for event in stream:
        outcome.events += 1
        if event.type == "response.output_text.delta":
            outcome.text += event.delta
        elif event.type in ("response.completed", "response.incomplete", "response.failed"):
            outcome.finish = event.response.status
            outcome.usage = plain(event.response.usage)


def models(client, model, prompt, outcome):
    page = client.models.list()
    outcome.text = ",".join(sorted(entry.id for entry in page))
    outcome.request_id = page._request_id


CASES = {
    case.__name__: case
    for case in (
        chat,
        chat_stream,
        chat_stream_usage,
        completions,
        embeddings,
        responses,
        responses_stream,
        models,
    )
}


def run():
    outcome = Outcome()
    case = CASES[os.environ["CASE"]]
    model = os.environ["MODEL"]
    prompt = os.environ.get("PROMPT", "Say hello.")
    client = openai.OpenAI(
        base_url=os.environ["BASE_URL"],
        api_key=os.environ["API_KEY"],
        default_headers=json.loads(os.environ.get("HEADERS", "{}")),
    )
    try:
        case(client, model, prompt, outcome)
    # Not only the SDK's own errors: some failures in a stream reach its user unwrapped.
    except Exception as error:
        return outcome.fields() | {
            "ok": False,
            "exception": type(error).__name__,
            "status": getattr(error, "status_code", None),
            "code": getattr(error, "code", None),
            "type": getattr(error, "type", None),
            "param": getattr(error, "param", None),
            "message": str(error),
            "request_id": getattr(error, "request_id", None) or outcome.request_id,
        }
    return {"ok": True} | outcome.fields()


if __name__ == "__main__":
    json.dump(run(), sys.stdout)
    print()
