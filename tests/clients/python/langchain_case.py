"""Makes one call with `langchain-openai` and prints what its user would see, as JSON.

Environment: BASE_URL (with /v1), API_KEY, MODEL, CASE (a key of CASES); optional PROMPT. Its own
retry policy is left alone, because tests count the requests it makes.
"""

import json
import os
import sys

from langchain_openai import ChatOpenAI, OpenAIEmbeddings


def settings():
    return {
        "model": os.environ["MODEL"],
        "base_url": os.environ["BASE_URL"],
        "api_key": os.environ["API_KEY"],
    }


def chat(prompt, outcome):
    answer = ChatOpenAI(**settings()).invoke(prompt)
    outcome["text"] = answer.content
    outcome["usage"] = answer.usage_metadata


def chat_stream(prompt, outcome):
    for piece in ChatOpenAI(**settings()).stream(prompt, stream_usage=True):
        outcome["events"] += 1
        outcome["text"] += piece.content
        outcome["usage"] = piece.usage_metadata or outcome["usage"]


def embeddings(prompt, outcome):
    # Counting tokens locally would fetch a vocabulary from another host.
    embedder = OpenAIEmbeddings(check_embedding_ctx_length=False, **settings())
    outcome["text"] = str(len(embedder.embed_query(prompt)))


CASES = {case.__name__: case for case in (chat, chat_stream, embeddings)}


def run():
    # Kept outside the call so that a broken stream shows its start.
    outcome = {"text": "", "usage": None, "events": 0}
    try:
        CASES[os.environ["CASE"]](os.environ.get("PROMPT", "Say hello."), outcome)
    except Exception as error:
        return outcome | {
            "ok": False,
            "exception": type(error).__name__,
            "status": getattr(error, "status_code", None),
            "code": getattr(error, "code", None),
            "message": str(error),
            "request_id": getattr(error, "request_id", None),
        }
    return {"ok": True} | outcome


if __name__ == "__main__":
    json.dump(run(), sys.stdout)
    print()
