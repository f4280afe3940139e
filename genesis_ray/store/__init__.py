"""Tables: what survives a run."""
