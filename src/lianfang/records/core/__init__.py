"""Pure decisions of this room: rows in, rows out."""
