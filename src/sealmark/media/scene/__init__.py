"""Formats of 3D scenes: what they show and how large, and additions that leave every number in them true."""
