//! What LLM clients and providers say on the wire: routes, bodies, streams and refusals.
