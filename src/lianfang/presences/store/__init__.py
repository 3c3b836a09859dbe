"""The presence store: presences as Parquet files by day, with an index that answers tracing in milliseconds.

``lianfang.open_store(path)`` gives a `PresenceStore`; see `docs/presence-store.md`.
"""

from lianfang.presences.store.store import PresenceStore, open_store

__all__ = ["PresenceStore", "open_store"]
