"""What the observer measures: one noun of photo editing a module."""
