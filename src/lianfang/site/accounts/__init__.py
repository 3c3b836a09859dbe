"""Pages of accounts, the audit trail and undoing: assembled here from access and pages."""
