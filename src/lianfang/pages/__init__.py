"""The shared components every page is made of."""
