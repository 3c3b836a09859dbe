"""A made-up county and outbreak, and the score of the response."""
