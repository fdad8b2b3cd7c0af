"""Bodies that make something: of those that Schemathesis thinks up, hardly any is one.

Three of four of its bodies for a creation are replaced by one that can be carried out, so that what
can be done with a thing that was just made is tried as well. The same body always becomes the same.
"""

import hashlib
import json

import schemathesis

TOKEN = {"account": "acme", "group": "default"}
UPSTREAM = {"provider": "openai", "dialect": "openai", "base_url": "https://api.example.com"}
MORE = {
    "/accounts": {"balance": "12.5"},
    "/groups": {"multiplier": "0.8"},
    "/models": {"provider": "openai", "price": "input=2.5,output=10"},
    "/tokens": TOKEN,
    "/upstreams": UPSTREAM | {"models": [{"name": "sim-chat"}]},
}


@schemathesis.hook
def map_body(context, body):
    operation = context.operation
    more = MORE.get(operation.path) if operation.method.upper() == "POST" else None
    if more is None:
        return body
    seen = hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()
    if int(seen, 16) % 4 == 0:
        return body
    return {"name": f"made-{seen[:12]}"} | more
