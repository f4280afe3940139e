"""The audit log: who read templates, never changed."""
