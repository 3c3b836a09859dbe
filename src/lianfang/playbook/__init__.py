"""Policy as data: model, loading, checking, evaluating, comparing."""
