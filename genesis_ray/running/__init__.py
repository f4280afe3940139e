"""Runs: the parts put together, a camera watched from its source to its reports."""
