"""Discord's edge: one capability a file, loaded by name."""
