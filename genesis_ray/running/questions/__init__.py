"""Questions about a run, and how their answers are told."""
