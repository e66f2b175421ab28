"""Every parser under damaged input: a kept corpus, mutators, and a runner (`python -m tests.fuzz`)."""
