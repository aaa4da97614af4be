"""From files of the released shape to a data set on disk, with its card and ledger."""

from collections import Counter
from pathlib import Path

from editthinker.graph.thinkers.prompts import read_template
from editthinker.tools.blobs import BlobStore
from editthinker.tools.errors import ConfigError
from editthinker.training.card import licence_of, prompt_hash, write_card
from editthinker.training.data_build import Built, DataFolder
from editthinker.training.dataset_folder import file_hash, file_hashes, write_dataset
from editthinker.training.ledger import FilterLine, Ledger
from editthinker.training.thinkedit_files import RL, SFT, Reader, read_rl, read_sft


def import_released(
    source: Path,
    folder: DataFolder,
    *,
    image_dir: Path | None = None,
    template: Path | None = None,
    licence: str | None = None,
) -> Built:
    """Turn the released files into a data set on disk.

    Raises:
        ConfigError: if there are no such files, or none of their records can be used.
    """
    if folder.dataset.exists():
        raise ConfigError(f"{str(folder.path)!r} holds a data set; name another --out")
    wording = read_template(template) if template else None
    reader = Reader(image_dir or source, BlobStore(folder.path / "blobs"), wording)
    readers = {"sft": (SFT, read_sft), "rl": (RL, read_rl)}
    present = {name: each for name, each in readers.items() if (source / each[0]).exists()}
    if not present:
        raise ConfigError(f"{str(source)!r} holds neither {SFT} nor {RL}")
    dropped: dict[str, Counter[str]] = {name: Counter() for name in present}
    splits = {
        name: read(source / file, reader, dropped[name]) for name, (file, read) in present.items()
    }
    counts = write_dataset(splits, folder.dataset)
    lines = []
    for name, (file, _) in present.items():
        kept, lost = counts[name].rows if name in counts else 0, dropped[name]
        line = FilterLine(
            name=f"read {name}",
            rule=f"records of {file} with two images, scores and texts that can be read",
            unit="steps",
            before=kept + lost.total(),
            kept=kept,
            dropped=dict(sorted(lost.items())),
        )
        lines.append(line)
    ledger = Ledger(filters=tuple(lines))
    folder.ledger.write_text(ledger.model_dump_json(indent=1) + "\n", encoding="utf-8")
    if not counts:
        reasons = "; ".join(f"{n} {why}" for each in dropped.values() for why, n in each.items())
        raise ConfigError(
            f"no record of {str(source)!r} can be used ({reasons}); images are looked for in "
            f"{str(reader.image_dir)!r} (--image-dir)"
        )
    files = {file: file_hash(source / file) for file, _ in present.values()}
    card = write_card(
        name="ThinkEdit steps",
        pool="released files of ThinkEdit's shape",
        licence=licence_of("", licence),
        made_by={f"sha256 of {name}": digest for name, digest in files.items()},
        settings={"prompt template": prompt_hash(wording)},
        counts=counts,
        ledger=ledger,
        hashes=file_hashes(folder.dataset),
    )
    (folder.dataset / "README.md").write_text(card, encoding="utf-8")
    return Built(rows={n: c.rows for n, c in counts.items()}, failed=0, ledger=ledger)
