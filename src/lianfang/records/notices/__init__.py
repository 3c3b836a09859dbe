"""What somebody should know, and whether they have read it."""
