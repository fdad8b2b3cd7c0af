"""Makes one call with the official `google-genai` SDK and prints what its user would see, as JSON.

Environment: BASE_URL (without a version), API_KEY, MODEL, CASE (a key of CASES); optional PROMPT.
The SDK's own retry policy is left alone, because tests count the requests it makes.
"""

import json
import os
import sys

from google import genai
from google.genai import errors, types


def usage(answer):
    found = answer.usage_metadata
    return None if found is None else found.model_dump(mode="json", exclude_none=True)


def generate(client, model, prompt, outcome):
    answer = client.models.generate_content(model=model, contents=prompt)
    outcome["text"] = answer.text
    outcome["usage"] = usage(answer)
    outcome["request_id"] = answer.sdk_http_response.headers.get("x-request-id")


def generate_stream(client, model, prompt, outcome):
    for piece in client.models.generate_content_stream(model=model, contents=prompt):
        outcome["events"] += 1
        outcome["text"] += piece.text or ""
        outcome["usage"] = usage(piece) or outcome["usage"]
        outcome["request_id"] = piece.sdk_http_response.headers.get("x-request-id")


def count_tokens(client, model, prompt, outcome):
    answer = client.models.count_tokens(model=model, contents=prompt)
    outcome["usage"] = {"totalTokenCount": answer.total_tokens}


CASES = {case.__name__: case for case in (generate, generate_stream, count_tokens)}


def run():
    # Kept outside the call so that a broken stream shows its start.
    outcome = {"text": "", "usage": None, "request_id": None, "events": 0}
    client = genai.Client(
        api_key=os.environ["API_KEY"],
        http_options=types.HttpOptions(base_url=os.environ["BASE_URL"]),
    )
    prompt = os.environ.get("PROMPT", "Say hello.")
    try:
        CASES[os.environ["CASE"]](client, os.environ["MODEL"], prompt, outcome)
    except Exception as error:
        answered = error if isinstance(error, errors.APIError) else None
        return outcome | {
            "ok": False,
            "exception": type(error).__name__,
            "status": answered and answered.code,
            "code": answered and answered.status,
            "message": str(error),
        }
    return {"ok": True} | outcome


if __name__ == "__main__":
    json.dump(run(), sys.stdout)
    print()
