"""`editthinker train data`: from a pool of photos and instructions to a data set for training."""

from pathlib import Path
from typing import Annotated

import typer


def build_data(
    out: Annotated[Path, typer.Option(help="Folder of the data set.")],
) -> None:
    """Let an expert edit a pool of photos, and keep what is worth learning from."""
