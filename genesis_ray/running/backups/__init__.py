"""Copies of a tenant's people and faces: made, kept and brought back."""
