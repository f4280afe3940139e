"""State: the rules assembled, one class per owner of state."""
