"""Editors: what makes an image from an image and a prompt."""
