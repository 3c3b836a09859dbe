"""Figures, the bulletin and exports."""
