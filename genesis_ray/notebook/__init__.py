"""How Python and notebooks reach runs: tables, questions, charts, and drawing on pictures."""
