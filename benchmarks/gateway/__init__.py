"""The gateway beside a direct call and beside LiteLLM's proxy with its content filter."""
