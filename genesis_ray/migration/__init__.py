"""READERS of what other systems left: their formats in, plain rows out, nothing written."""
