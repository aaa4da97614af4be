"""The folder of a training run: resumed from its last whole checkpoint, finished with a model."""

import os
import re
import shutil
from pathlib import Path
from typing import Any

from editthinker.tools.errors import ConfigError
from editthinker.training.export import export_checkpoint
from editthinker.training.policy import save_processor


def last_checkpoint(out: Path, *, resume: bool) -> str | None:
    """Return the checkpoint to go on from; None to begin.

    A run that was killed while it wrote a checkpoint goes on from the one before.

    Raises:
        ConfigError: if a new run would write into the folder of another one.
    """
    found = {
        int(match[1]): path
        for path in out.glob("checkpoint-*")
        if (match := re.fullmatch(r"checkpoint-(\d+)", path.name))
        and (path / "trainer_state.json").exists()  # written last
    }
    if resume:
        return str(found[max(found)]) if found else None
    # Of several processes the first one asks: it may write before another has looked.
    if os.environ.get("RANK", "0") == "0" and out.is_dir() and any(out.iterdir()):
        raise ConfigError(f"{str(out)!r} holds a run; use --resume, or another --out")
    return None


def finish(trainer: Any, processor: Any, out: Path) -> Path:
    """Save what was trained as a whole checkpoint and return its folder, on every process."""
    model = out / "model"
    is_adapter = hasattr(trainer.accelerator.unwrap_model(trainer.model), "peft_config")
    saved = out / "adapter" if is_adapter else model
    trainer.save_model(str(saved))
    trainer.save_state()
    trainer.accelerator.wait_for_everyone()
    if trainer.accelerator.is_main_process:
        if is_adapter:
            shutil.rmtree(model, ignore_errors=True)  # half of one, if a run was killed here
            export_checkpoint(saved, model)
        else:
            save_processor(processor, model)
    trainer.accelerator.wait_for_everyone()
    return model
