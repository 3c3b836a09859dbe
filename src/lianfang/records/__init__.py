"""Frames into the database and back, changes and undo, proposals, acts, clocks, tasks, notices."""
