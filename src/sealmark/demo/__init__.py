"""The demo: embedded upstreams that really generate, and the journey; an extra that the core never imports."""
