"""Streams: which frames are looked at, and what is wrong with a camera."""
