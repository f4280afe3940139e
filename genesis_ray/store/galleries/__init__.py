"""Galleries: a tenant's face templates, and finding whom one is like."""
