"""The pages' tests use the server of the embedding tests."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "graph/embed"))
