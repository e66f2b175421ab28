"""The OpenAI-compatible gateway, on plain ASGI: the hot path pays for nothing it does not use."""
