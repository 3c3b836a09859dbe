"""Any list in, clean rows and refusals out."""
