"""Clocks and the command page."""
