"""Alerts of a run, and how notices of them reach people."""
