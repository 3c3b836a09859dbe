"""Everything that this room stores; each mechanism keeps its tables in its own folder."""

from lianfang.records.notices.models import Notice, NoticeRead
from lianfang.records.tasks.models import Task

__all__ = ["Notice", "NoticeRead", "Task"]
