"""Reports of a period: figures, charts and a summary, as a page, as paper and as Markdown."""
