"""The way of one item: admitted, reviewed, generated, reviewed, marked, recorded, released (design.md, section 3)."""
