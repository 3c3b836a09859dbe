"""Who infected whom, clusters and settings."""
