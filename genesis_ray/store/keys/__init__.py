"""Keys, and what they protect: templates, sealed files, receipts."""
