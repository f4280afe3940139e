"""Clocks: cameras', a site's, and putting what they date into one order."""
