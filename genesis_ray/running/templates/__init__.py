"""Face templates: the galleries that have them, and the keys that protect them."""
