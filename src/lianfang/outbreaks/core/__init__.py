"""What is decided about outbreaks: pure."""
