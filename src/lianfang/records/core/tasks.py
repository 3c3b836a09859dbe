"""How a task moves from state to state, and what becomes of one whose worker is not heard of any more."""

import datetime as dt
from typing import Literal

from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Word


class TaskState(Word):
    """Where a task stands."""

    WAITING = "waiting", "等待中", "Waiting"
    RUNNING = "running", "进行中", "Running"
    DONE = "done", "已完成", "Done"
    FAILED = "failed", "未成功", "Failed"
    CANCELLED = "cancelled", "已取消", "Cancelled"


MOVES: dict[TaskState, frozenset[TaskState]] = {
    TaskState.WAITING: frozenset({TaskState.RUNNING, TaskState.CANCELLED}),
    # Running to running: taken up again by another worker. Back to waiting: its worker was told to stop.
    TaskState.RUNNING: frozenset(
        {TaskState.RUNNING, TaskState.WAITING, TaskState.DONE, TaskState.FAILED, TaskState.CANCELLED}
    ),
    TaskState.DONE: frozenset(),
    TaskState.FAILED: frozenset({TaskState.WAITING}),
    TaskState.CANCELLED: frozenset({TaskState.WAITING}),
}
"""The table of transitions: nothing else happens to a task."""

OPEN = frozenset({TaskState.WAITING, TaskState.RUNNING})
"""States in which somebody still waits for the task."""

LOST = Text(
    "处理程序连续 {n} 次中途停止，任务没有完成；请重试，若再次发生请联系系统管理员",
    "the worker stopped in the middle {n} times and the task is not done; try again, and tell your administrator if it "
    "happens again",
)
BROKEN = Text(
    "任务出错，没有完成；请重试，若再次发生请把任务编号 {id} 告知系统管理员",
    "something went wrong and the task is not done; try again, and if it happens again tell your administrator the "
    "task's number, {id}",
)
UNKNOWN = Text(
    "当前版本没有“{kind}”这类任务；请在相应页面重新提出",
    "this version has no task of the kind '{kind}'; ask for it anew on its page",
)
NOT_ALLOWED = Text(
    "提出任务的账号已停用或无权进行这项操作；请由有权限的人重新提出",
    "the account that asked is disabled or may not do this any more; somebody who may has to ask for it anew",
)


def before(state: TaskState) -> list[str]:
    """Return the codes of the states from which a task may come into `state`."""
    return [origin.value for origin, targets in MOVES.items() if state in targets]


Fate = Literal["leave", "run", "fail", "cancel"]


def fate(
    state: str,
    *,
    tries: int,
    tries_at_most: int,
    lease_until: dt.datetime | None,
    is_stop_asked: bool,
    at: dt.datetime,
) -> Fate:
    """Say what a worker that looks for work does with a task.

    Parameters
    ----------
    state : str
        A code of `TaskState`.
    tries, tries_at_most : int
        How often it was begun, and how often it may be.
    lease_until : datetime, optional
        Until when its worker has said that it works on it; only of a running one.
    is_stop_asked : bool
        Whether somebody cancelled it while it ran.
    at : datetime
        The present.

    Returns
    -------
    {"leave", "run", "fail", "cancel"}
    """
    if state == TaskState.WAITING:
        return "run"
    if state != TaskState.RUNNING or (lease_until is not None and lease_until > at):
        return "leave"
    if is_stop_asked:
        return "cancel"
    return "run" if tries < tries_at_most else "fail"
