"""Long work outside of a request: asked for, claimed, carried on, and found again after a crash."""
