"""What is forgotten: people who ask for it, visitors and events that are too old."""
