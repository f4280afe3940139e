"""Reaching other machines within a time, and whom to trust there."""
