"""Presences to exposures to contacts; transmission chains."""
