"""`editthinker train`: data, SFT and GRPO; nothing heavy is imported before a command runs."""

import typer

from editthinker.training.data_cli import build_data
from editthinker.training.train_cli import export_model, stage_command

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Build training data, and train a thinker on it.",
)
app.command("data")(build_data)
app.command("sft")(
    stage_command(
        "sft",
        "Teach a thinker the form of a reply and what an expert would say (TRL's SFTTrainer).",
    )
)
app.command("grpo")(
    stage_command(
        "grpo", "Let a thinker learn from what its prompts do to photos (TRL's GRPOTrainer)."
    )
)
app.command("export")(export_model)


@app.callback()
def train() -> None:
    """Build training data, and train a thinker on it."""
