"""`editthinker train`: data, SFT and GRPO; nothing heavy is imported before a command runs."""

import typer

from editthinker.training.data_cli import build_data

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Build training data, and train a thinker on it.",
)
app.command("data")(build_data)


@app.callback()
def train() -> None:
    """Build training data, and train a thinker on it."""
