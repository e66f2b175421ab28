"""The pages for anybody: what this service is, and whether an item came from it (Art. 16, 17, 19)."""
