"""Ray actors: owned state, each a shell round classes of pipeline."""
