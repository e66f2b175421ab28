"""The laws of what is kept."""
