"""Ray Data: the same classes over archives."""
