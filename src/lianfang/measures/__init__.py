"""Who must do what until when, and why."""
