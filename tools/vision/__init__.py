"""What the darkroom sees with: masks, removal, text, faces and objects.

Each module uses a model of the pack where it was pulled, and OpenCV alone where not.
"""
