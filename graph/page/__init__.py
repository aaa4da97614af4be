"""The page of a run: one self-contained HTML file that shows how the loop got to its result."""

from editthinker.graph.page.render import render_page

__all__ = ["render_page"]
