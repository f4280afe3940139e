"""HTTP: reads, and imports no Ray."""
