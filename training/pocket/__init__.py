"""The pocket experiment: a very small thinker learns a simulated editor's habits on a CPU."""
