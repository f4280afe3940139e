"""What else is in a run's folder: states, outboxes, records of jobs."""
