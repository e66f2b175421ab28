"""The command line's tests; `called` runs one command in this process."""
