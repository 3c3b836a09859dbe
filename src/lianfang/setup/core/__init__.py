"""What is decided about beginning: pure."""
