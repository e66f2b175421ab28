"""What the marks cost and keep, and who else finds them: `python -m benchmarks.marks`."""
