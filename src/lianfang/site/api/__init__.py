"""The HTTP API under ``/api/v1/``: assembled here from the pages' lists, with its own document and its own refusals."""
