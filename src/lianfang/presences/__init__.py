"""The presence store, its index, and who met whom."""
