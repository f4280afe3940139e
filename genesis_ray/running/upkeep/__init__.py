"""Work beside watching: rollups, dead letters, jobs."""
