"""Models whose rows belong to a jurisdiction, and a manager that gives none of them without a scope."""

from typing import Any, Self

from django.db import models

from lianfang.access.scope import Scope


class UnscopedQuery(RuntimeError):
    """A query on scoped rows ran without ``.within(scope)``: an error of the programmer, never of the user."""


class ScopedQuerySet(models.QuerySet[Any]):
    """A queryset that runs only after `within` was called."""

    _scope: Scope | None = None

    def within(self, scope: Scope) -> Self:
        """Keep the rows whose jurisdiction lies inside `scope`."""
        rows: Self = self.all()
        rows._scope = scope
        if scope.everything:
            return rows
        condition = models.Q(pk__in=())
        for path in scope.paths:
            condition |= models.Q(**{f"{self.model.scope_field}__path__startswith": path})
        narrowed: Self = rows.filter(condition)
        return narrowed

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]
        clone._scope = self._scope
        return clone

    def need_scope(self) -> None:
        """Raise unless `within` was called."""
        if self._scope is None:
            raise UnscopedQuery(f"{self.model.__name__}: call .within(scope) before the query runs")

    def _fetch_all(self) -> None:
        if self._result_cache is None:
            self.need_scope()
        super()._fetch_all()

    def _combined(self, others: tuple[Any, ...]) -> None:
        # A union keeps the scope of its first part only: every part needs its own.
        for part in (self, *others):
            if isinstance(part, ScopedQuerySet):
                part.need_scope()

    def __or__(self, other: Any) -> Self:
        self._combined((other,))
        return super().__or__(other)

    def __and__(self, other: Any) -> Self:
        self._combined((other,))
        return super().__and__(other)

    def __xor__(self, other: Any) -> Self:
        self._combined((other,))
        return super().__xor__(other)

    def union(self, *others: Any, all: bool = False) -> Self:
        self._combined(others)
        return super().union(*others, all=all)

    def intersection(self, *others: Any) -> Self:
        self._combined(others)
        return super().intersection(*others)

    def difference(self, *others: Any) -> Self:
        self._combined(others)
        return super().difference(*others)

    def raw(self, *args: Any, **kwargs: Any) -> Any:
        raise UnscopedQuery(f"{self.model.__name__}: raw SQL knows no scope; write the query with .within(scope)")

    def explain(self, **kwargs: Any) -> str:
        self.need_scope()
        return super().explain(**kwargs)

    def iterator(self, *args: Any, **kwargs: Any) -> Any:
        self.need_scope()
        return super().iterator(*args, **kwargs)

    def count(self) -> int:
        self.need_scope()
        return super().count()

    def exists(self) -> bool:
        self.need_scope()
        return super().exists()

    def aggregate(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        self.need_scope()
        return super().aggregate(*args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        self.need_scope()
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        self.need_scope()
        return super().delete()


class ScopedModel(models.Model):
    """Base of every model whose rows belong to a jurisdiction.

    `scope_field` names the way to the `access.Jurisdiction`, usually the row's own foreign key. Django's own plumbing
    (foreign keys, cascades) goes through ``unscoped``; nobody else does.
    """

    scope_field = "jurisdiction"

    objects = ScopedQuerySet.as_manager()
    unscoped = models.Manager()

    class Meta:
        abstract = True
        base_manager_name = "unscoped"
