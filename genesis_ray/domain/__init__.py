"""Rules: numpy and the standard library, nothing else."""
