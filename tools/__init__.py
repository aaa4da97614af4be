"""The first floor: images, editors, serving and the command line's root."""
