"""What a Genesis installation remembers, brought in."""
