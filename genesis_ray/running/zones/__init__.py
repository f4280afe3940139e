"""Zones, lines and masks: drawn on a picture, and written in the configuration."""
