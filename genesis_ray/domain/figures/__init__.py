"""Figures: what is unusual, how they compare, and which of them are withheld."""
