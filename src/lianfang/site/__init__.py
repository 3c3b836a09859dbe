"""Settings, urls, the command line, base pages and islands; imported by none."""
