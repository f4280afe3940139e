"""Places: zones, lines and masks, and who is in them."""
