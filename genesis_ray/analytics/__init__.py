"""Questions: DuckDB over Arrow, tables in and out."""
