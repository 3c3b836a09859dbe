"""A list that was sent is read, checked and loaded as long work; what it refuses becomes the task's file."""

from django.conf import settings

from lianfang.access.services import need
from lianfang.access.words import current_lang
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.outbreaks.selectors import find_outbreak
from lianfang.pages.refused import keep_refused, with_refused
from lianfang.records.tasks.running import Cancelled, Outcome, Running
from lianfang.records.tasks.uploads import Upload
from lianfang.response.tasks import ask_response
from lianfang.setup.kinds import KINDS, Asked, Came, Kind
from lianfang.setup.loading import load_file

_LOADED = Text("{title}清单“{name}”：写入 {rows} 行", "{title} from '{name}': {rows} rows written")


def load_list(running: Running) -> Outcome:
    """Read a list, part its rows, write the usable ones in one transaction; begun again it writes the same again.

    Raises
    ------
    Refused
        When the file is gone, or cannot be used as a whole.
    """
    kept = Upload(running.arguments["folder"], running.arguments["name"])
    kind = KINDS[running.arguments["list"]]
    assert running.by is not None
    need(running.by, kind.permission)
    asked = Asked(running.by, running.clock(), running.arguments["outbreak"])
    try:
        came, refused = load_file(kept.path, kind, asked, lang=current_lang(), progress=running.progress)
        if refused.height:
            keep_refused(running, refused)
    except (Refused, Cancelled):
        kept.drop()
        raise
    kept.drop()
    if kind.into_outbreak and came.rows:
        _respond(running, asked)
    return _outcome(kind, kept.name, came, refused.height, running)


def _respond(running: Running, asked: Asked) -> None:
    """Have the outbreak answered with what is new, by whom may."""
    assert running.by is not None
    outbreak = find_outbreak(asked.outbreak, running.scope)
    if outbreak is not None:
        ask_response(outbreak=outbreak, by=running.by, at=asked.at)


def _outcome(kind: Kind, name: str, came: Came, refused: int, running: Running) -> Outcome:
    words = with_refused(_LOADED.format(title=kind.title, name=name, rows=f"{came.rows:,}"), refused)
    for note in came.notes:
        words = Text(f"{words.zh}；{note.zh}", f"{words.en}; {note.en}")
    url = f"{settings.TASK_PAGES}{running.task.pk}/" if refused else ""
    return Outcome(result={"rows": came.rows, "refused": refused}, words=words, url=url)
