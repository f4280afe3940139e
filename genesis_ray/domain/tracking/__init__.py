"""Tracking: boxes, and who goes on from frame to frame."""
