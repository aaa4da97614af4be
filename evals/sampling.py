"""A seeded, stratified choice of samples."""

import random
from collections import defaultdict
from collections.abc import Sequence

from editthinker.evals.benchmarks.base import Sample


def stratified(samples: Sequence[Sample], limit: int | None, seed: int) -> list[Sample]:
    """Choose `limit` samples so that languages and categories keep their shares.

    The same seed chooses the same samples, and a larger limit keeps those of a smaller one as far
    as shares allow. The order of the benchmark is kept.
    """
    if limit is None or limit >= len(samples):
        return list(samples)
    strata: dict[tuple[str, str], list[Sample]] = defaultdict(list)
    for sample in samples:
        strata[sample.language, sample.category].append(sample)
    quotas = _largest_remainders({key: len(group) for key, group in strata.items()}, limit)
    chosen: set[str] = set()
    for key, group in strata.items():
        shuffled = sorted(group, key=lambda each: each.key)
        random.Random(f"{seed}/{key}").shuffle(shuffled)
        chosen |= {each.key for each in shuffled[: quotas[key]]}
    return [sample for sample in samples if sample.key in chosen]


def _largest_remainders(
    sizes: dict[tuple[str, str], int], limit: int
) -> dict[tuple[str, str], int]:
    total = sum(sizes.values())
    exact = {key: limit * size / total for key, size in sizes.items()}
    quotas = {key: int(share) for key, share in exact.items()}
    by_remainder = sorted(exact, key=lambda key: (quotas[key] - exact[key], key))
    for key in by_remainder[: limit - sum(quotas.values())]:
        quotas[key] += 1
    return quotas
