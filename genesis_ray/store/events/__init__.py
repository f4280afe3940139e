"""A run's events: a write-ahead log, Parquet files, and what is read of them."""
