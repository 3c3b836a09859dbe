"""The demo: a made-up county in the real system, an outbreak in it, and the response."""
