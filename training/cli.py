"""`editthinker train`: data, SFT and GRPO; nothing heavy is imported before a command runs."""

import typer

from editthinker.training.data_cli import build_data
from editthinker.training.train_cli import export_model, train_grpo, train_sft

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Build training data, and train a thinker on it.",
)
app.command("data")(build_data)
app.command("sft")(train_sft)
app.command("grpo")(train_grpo)
app.command("export")(export_model)


@app.callback()
def train() -> None:
    """Build training data, and train a thinker on it."""
