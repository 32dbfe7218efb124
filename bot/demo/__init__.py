"""The demo: a simulated server with an invented history, in which the real bot works."""
