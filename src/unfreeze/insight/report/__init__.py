"""The parts of a run's report, as values that a template shows."""
