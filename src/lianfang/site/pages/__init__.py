"""Pages that show what several rooms know of one case or one person; each part comes through its room's doors."""
