"""The web server of ``lianfang serve`` and ``lianfang demo``: waitress, which needs nothing beside it."""

import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Lang, Text
from lianfang.site.helper import Helper

THREADS = 8

_TURN = 0.0002
"""Seconds for which a thread keeps the interpreter while others ask for it. SQLite's driver gives it away at every row
and statement; with Python's own 5 ms, each page beside one computation waited that long for each row it read. A
computation pays less than a twentieth for the shorter turns (measured with one and two that only count)."""


def need_port(host: str, port: int) -> None:
    """Refuse at once when a port cannot be had, before any long work.

    Raises
    ------
    Refused
        When something listens there, or this account may not.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise Refused(
                Text(
                    f"无法使用 {host}:{port}（{reason}）；请用 --port 换一个端口",
                    f"cannot listen on {host}:{port} ({reason}); choose another port with --port",
                )
            ) from None


def need_tables(*, may_make: bool = False) -> None:
    """Refuse to serve a database whose tables are not those of this version.

    Parameters
    ----------
    may_make : bool
        Whether to make the tables where there is none at all: an empty database is a beginning, not a fault.

    Raises
    ------
    Refused
        When migrations are missing.
    """
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from lianfang.setup.services import make_tables

    executor = MigrationExecutor(connection)
    if may_make and make_tables():
        return
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise Refused(
            Text(
                "数据库尚未建立或版本较旧；请先备份，再执行 lianfang manage migrate",
                "the database is not set up, or of an older version; back it up, then run lianfang manage migrate",
            )
        )


def serve(host: str, port: int, *, lang: Lang, has_worker: bool = True) -> None:
    """Serve until Ctrl-C or a request to end, with a worker beside it or without; Django is set up already."""
    import waitress
    from django.conf import settings
    from django.contrib.staticfiles import finders
    from django.core.wsgi import get_wsgi_application

    need_port(host, port)
    sys.setswitchinterval(_TURN)
    if finders.find("site/dist/app.js") is None:
        words = Text(
            "提示：前端文件尚未构建，页面可用但没有样式和地图；请执行 make front 后重新启动",
            "note: the front end is not built, so pages lack style and maps; run make front and start again",
        )
        print(words.in_language(lang), file=sys.stderr)
    logging.getLogger("waitress").setLevel(logging.ERROR)
    options: dict[str, Any] = {"host": host, "port": port, "threads": THREADS, "ident": None}
    if settings.HTTPS:
        # The proxy in front says how and from where a page was asked for; nobody else is believed.
        options["trusted_proxy"] = os.environ.get("LIANFANG_PROXY", "127.0.0.1")
        options["trusted_proxy_headers"] = {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"}
    server = waitress.create_server(get_wsgi_application(), **options)
    shown = "127.0.0.1" if host == "0.0.0.0" else f"[{host}]" if ":" in host else host  # noqa: S104
    words = Text("联防已启动：{url}（按 Ctrl-C 停止）", "Lianfang is serving at {url} (Ctrl-C stops it)")
    url = f"http://{shown}:{port}/"
    print(words.format(url=url).in_language(lang), flush=True)
    _tell_of_set_up(url, lang)
    signal.signal(signal.SIGTERM, lambda *_: _stop())
    aside = Path(tempfile.mkdtemp(prefix="lianfang-"))
    ending = threading.Event()
    warming = threading.Thread(target=_warm_up, args=(aside, ending), name="warm-up", daemon=True)
    warming.start()
    helper = Helper() if has_worker else None
    if helper is not None:
        helper.begin()
    server.run()
    ending.set()  # before the folder goes: what the thread then misses is no fault to report
    server.close()
    if helper is not None:
        helper.end()
    print(Text("已停止", "stopped").in_language(lang), file=sys.stderr)
    shutil.rmtree(aside, ignore_errors=True)
    if warming.is_alive():
        # Compiled libraries that are at work while Python takes itself down complain, or crash. What was acknowledged
        # is stored, and nothing else is to be done.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def _tell_of_set_up(url: str, lang: Lang) -> None:
    """Say where the first account is made, as long as there is none: whoever starts the server may make it."""
    from django.urls import reverse

    from lianfang.setup.services import is_begun, setup_code

    if not is_begun():
        words = Text(
            "尚无账号。请用此地址建立第一个管理员账号（只显示在这里）：{url}",
            "Nobody has an account yet. Make the first administrator's here (shown nowhere else): {url}",
        )
        link = f"{url.rstrip('/')}{reverse('setup-first')}?code={setup_code()}"
        print(words.format(url=link).in_language(lang), flush=True)


def _warm_up(aside: Path, ending: threading.Event) -> None:
    """Have tracing ready before somebody needs it; pages are served meanwhile, and a failure here costs only time."""
    try:
        from lianfang.presences import keeping

        keeping.warm_up(aside)
    except KeyboardInterrupt:
        return  # Polars hears Ctrl-C too, in the thread where it works; the server stops by its own
    except Exception:
        if not ending.is_set():
            logging.getLogger(__name__).exception("tracing could not be made ready; the first tracing will take longer")


def _stop() -> None:
    raise KeyboardInterrupt
