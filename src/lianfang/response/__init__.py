"""The order of the response, written once."""
