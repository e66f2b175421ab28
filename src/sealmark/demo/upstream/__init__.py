"""The demo upstream: a process of its own with OpenAI-compatible endpoints that are real generators.

Text comes from a small language model, speech from espeak-ng, pictures from a procedural painter. Nothing here
reviews, marks or records: that is the gateway's work, and this is what it stands in front of.
"""
