"""The genesis command, one file a group of sub-commands."""
