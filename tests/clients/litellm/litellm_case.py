"""Makes one call with `litellm` as a library and prints what its user would see, as JSON.

Environment: BASE_URL (with /v1), API_KEY, MODEL, CASE (a key of CASES); optional PROMPT. Its own
retry policy is left alone, because tests count the requests it makes.
"""

import json
import os
import sys

# Its table of prices comes with it; without this it would ask another host for a newer one.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm  # noqa: E402

litellm.suppress_debug_info = True


def request():
    return {
        "model": "openai/" + os.environ["MODEL"],
        "api_base": os.environ["BASE_URL"],
        "api_key": os.environ["API_KEY"],
        "messages": [{"role": "user", "content": os.environ.get("PROMPT", "Say hello.")}],
    }


def plain(value):
    return None if value is None else value.model_dump(mode="json")


def chat(outcome):
    answer = litellm.completion(**request())
    outcome["text"] = answer.choices[0].message.content
    outcome["usage"] = plain(answer.usage)


def chat_stream(outcome):
    options = {"include_usage": True}
    for piece in litellm.completion(stream=True, stream_options=options, **request()):
        outcome["events"] += 1
        outcome["usage"] = plain(getattr(piece, "usage", None)) or outcome["usage"]
        for choice in piece.choices:
            outcome["text"] += choice.delta.content or ""


CASES = {case.__name__: case for case in (chat, chat_stream)}


def run():
    # Kept outside the call so that a broken stream shows its start.
    outcome = {"text": "", "usage": None, "events": 0}
    try:
        CASES[os.environ["CASE"]](outcome)
    except Exception as error:
        return outcome | {
            "ok": False,
            "exception": type(error).__name__,
            "status": getattr(error, "status_code", None),
            "message": str(error),
        }
    return {"ok": True} | outcome


if __name__ == "__main__":
    json.dump(run(), sys.stdout)
    print()
