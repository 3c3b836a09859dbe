"""``lianfang demo``, ``lianfang serve``, ``lianfang work`` and ``lianfang manage``."""

import datetime as dt
from pathlib import Path

import click

from lianfang.kernel.errors import Misused
from lianfang.kernel.text import Text

DATA_DIR = click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="LIANFANG_DATA",
    default=Path("lianfang-data"),
    help="Folder for database, presences and keys (default: LIANFANG_DATA, else lianfang-data) · 数据目录",
)
PORT = click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="端口")


@click.command()
@click.option("--people", type=click.IntRange(200, 2_000_000), help="People of the county (default 20000) · 人口")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="Another seed, another county (default 1) · 随机种子")
@click.option("--cases", type=click.Choice(["0"]), help="0: a county without a case · 无病例的县")
@PORT
@DATA_DIR
@click.option("--no-serve", is_flag=True, help="Set up and print, do not start the web application · 不启动网页")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"]), hidden=True)
def demo(
    people: int | None,
    seed: int | None,
    cases: str | None,
    port: int,
    data_dir: Path,
    no_serve: bool,
    as_of: dt.datetime | None,
) -> None:
    """A made-up county responds to an outbreak, served on 127.0.0.1; a second start takes what is there · 演示."""
    from lianfang.site.cli import language
    from lianfang.site.manage import set_up
    from lianfang.site.server import need_port, serve

    lang = language()
    if not no_serve:
        need_port("127.0.0.1", port)
    set_up(data_dir.resolve(), lang=lang)
    from lianfang.site.demo.run import run_demo

    run_demo(
        data_dir=data_dir.resolve(),
        people=people,
        seed=seed,
        as_of=as_of,
        lang=lang,
        has_cases=None if cases is None else False,
    )
    if not no_serve:
        serve("127.0.0.1", port, lang=lang)


@click.command(name="serve")
@PORT
@DATA_DIR
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on · 监听地址")
@click.option("--no-worker", is_flag=True, help="Long work is done by lianfang work elsewhere · 不启动后台处理程序")
def serve_command(port: int, data_dir: Path, host: str, no_worker: bool) -> None:
    """Serve the web application on the data that is there, with a worker for long work · 启动网页系统."""
    from lianfang.site.cli import language
    from lianfang.site.manage import set_up
    from lianfang.site.server import need_port, need_tables, serve

    need_port(host, port)
    set_up(data_dir.resolve(), lang=language())
    need_tables(may_make=True)
    serve(host, port, lang=language(), has_worker=not no_worker)


@click.command()
@DATA_DIR
@click.option("--once", is_flag=True, help="Do what waits now, then end · 处理完等待中的任务即退出")
@click.option("--under-server", is_flag=True, hidden=True)
def work(data_dir: Path, once: bool, under_server: bool) -> None:
    """Do long work that pages ask for; several may run at once, on several machines · 后台处理程序."""
    from lianfang.site.cli import language
    from lianfang.site.helper import work as be_worker
    from lianfang.site.manage import set_up
    from lianfang.site.server import need_tables

    set_up(data_dir.resolve(), lang=language())
    need_tables()
    number = be_worker(is_once=once, is_under_server=under_server)
    if once:
        words = Text("已处理 {n} 项任务", "{n} tasks were done").format(n=number)
        click.echo(words.in_language(language()))


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def manage(arguments: tuple[str, ...]) -> None:
    """Run a Django management command, such as migrate, check or clearsessions · 管理命令."""
    from django.core.management import ManagementUtility
    from django.core.management.base import CommandError

    try:
        ManagementUtility(["lianfang manage", *arguments]).execute()
    except CommandError as error:
        words = " ".join(str(error).split())
        raise Misused(Text(words, words)) from None
