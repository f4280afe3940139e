"""HTTP: imports no Ray."""
