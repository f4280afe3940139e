"""Faces that somebody gives to a person or takes from one, and the photos they are of."""
