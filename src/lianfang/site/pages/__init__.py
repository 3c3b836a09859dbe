"""The section "Response" on the page of a case: how it stands, its start, its progress."""
