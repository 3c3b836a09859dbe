"""Published outbreak data through the whole response."""
