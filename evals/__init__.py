"""The third floor: benchmarks, judges, sweeps and reports."""
