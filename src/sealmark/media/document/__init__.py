"""Formats of documents: their parts and pages, read so that one place is edited and every other byte stays."""
