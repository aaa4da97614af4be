"""Editors that are diffusers pipelines: one adapter, and a table of presets."""
