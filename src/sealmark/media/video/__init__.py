"""Formats of film that are no ISO base media: where their metadata stand; no stream is touched."""
