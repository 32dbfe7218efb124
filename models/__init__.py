"""The learned parts: lists in, lists out; nothing here knows Discord or the database."""
