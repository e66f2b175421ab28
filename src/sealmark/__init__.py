"""Sealmark (深印): admit, review, mark and record what generators make."""
