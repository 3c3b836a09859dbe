"""Pages of notices: what the reader should know."""
