"""Load: what a machine can watch, what gives way first, and what is tried again."""
