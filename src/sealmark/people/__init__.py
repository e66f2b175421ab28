"""Who asks, and whether they may: applications, end users, identity, agreements, sanctions (Art. 8, 9, 10)."""
