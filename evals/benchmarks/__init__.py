"""Benchmarks: one file each, with data, formula, judgements and official layout."""
