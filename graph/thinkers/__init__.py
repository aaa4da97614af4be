"""Thinkers: what critiques an edit and rewrites its prompt."""
