"""How long who hands something to a system that runs waits for it; apart, as it loads at once."""

WAIT_S = 6.0
"""For a system that runs: it looks every two seconds, less often where many faces wait."""
