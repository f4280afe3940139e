"""Turns the video of many cameras into answers: who was where, for how long, in which order."""
