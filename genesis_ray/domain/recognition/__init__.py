"""Recognition: whose a face is, who was there, and what people decided about it."""
