"""Measures: how right the system is, against ground truth."""
