"""Lianfang (联防): a local epidemic response, from the first signal to the last release.

In a notebook::

    import lianfang
    contacts = lianfang.trace(cases, presences, lookback=2, min_minutes=15, degrees=2)
    store = lianfang.open_store("presences")
    contacts = store.trace(cases, degrees=2)

Names are loaded when first used: ``import lianfang`` itself costs next to nothing and never imports Django.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lianfang.tracing.notebook import open_store as open_store
    from lianfang.tracing.tracer import trace as trace

__version__ = "0.1.0"

_LAZY = {"open_store": "lianfang.tracing.notebook", "trace": "lianfang.tracing.tracer"}

__all__ = ["__version__", "open_store", "trace"]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'lianfang' has no attribute {name!r}")
