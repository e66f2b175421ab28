"""Formats of text, and markup as other formats hold it: read so that one place is edited and every other byte stays."""
