"""`python -m editthinker.training`: the same commands, for `accelerate launch -m`."""

import sys

from editthinker.tools.cli import build_app

if __name__ == "__main__":
    build_app(["train"])(["train", *sys.argv[1:]])
