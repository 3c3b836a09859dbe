"""Outbreaks, their playbook, runs of their response."""
