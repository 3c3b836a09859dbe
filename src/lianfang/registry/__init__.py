"""Places, persons, households, organisations; one identity each."""
