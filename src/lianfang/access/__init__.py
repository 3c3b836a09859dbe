"""Accounts, roles, the jurisdiction tree, row scope, the audit trail, protected fields."""
