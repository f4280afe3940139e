"""Alerts: what they wait for, what becomes of them, and how they are told."""
