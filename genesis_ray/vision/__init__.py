"""Pixels: frames and models in, arrays out."""
