"""The command line. One table of commands; a command's code is imported when it is called, so ``--help`` is quick."""

import importlib
import os
import sys
from collections.abc import Sequence

import click

from lianfang import __version__
from lianfang.kernel.errors import Misused, Refused
from lianfang.kernel.text import Lang, Text, language_of

NEED_DATABASE = frozenset({"account", "audit", "manage"})
"""Commands that work on the database named by the environment; Django is set up before they are imported."""

COMMANDS: dict[str, tuple[str, str]] = {
    "trace": ("lianfang.tracing.commands:trace", "Find contacts in files of cases and presences · 追踪密切接触者"),
    "presences": ("lianfang.tracing.store_commands:presences", "A store of presences for many traces · 在场记录库"),
    "respond": ("lianfang.response.commands:respond", "From a case list to a complete response · 由病例清单到完整处置"),
    "playbook": ("lianfang.response.playbook_commands:playbook", "List, show, check, apply policy versions · 防控方案"),
    "demo": ("lianfang.site.commands:demo", "A made-up county responds to an outbreak · 演示"),
    "serve": ("lianfang.site.commands:serve_command", "Serve the web application · 启动网页系统"),
    "work": ("lianfang.site.commands:work", "Do the long work that pages ask for · 后台处理程序"),
    "account": ("lianfang.access.commands:account", "Make and change accounts · 账号"),
    "audit": ("lianfang.access.commands:audit", "Verify the audit trail · 审计"),
    "manage": ("lianfang.site.commands:manage", "Run a Django management command · 管理命令"),
}


def language() -> Lang:
    """Return the language of the command line: ``LIANFANG_LANG``, else the locale's, else Chinese."""
    return language_of(os.environ)


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        if name in NEED_DATABASE:
            from lianfang.site.manage import set_up

            set_up(lang=language())
        module, attribute = COMMANDS[name][0].split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="lianfang")
def commands() -> None:
    """Lianfang (联防): a local epidemic response, from the first signal to the last release."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; every failure is one line on standard error that says what to do, and an exit status.

    Status 0: done; 1: the work was refused; 2: the command line is wrong; 130: stopped by Ctrl-C.
    """
    try:
        status = commands.main(arguments, prog_name="lianfang", standalone_mode=False)
        sys.exit(status if isinstance(status, int) else 0)
    except Refused as refusal:
        _fail(refusal.in_language(language()), refusal.exit_status)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        sys.exit(2)
    except click.ClickException as error:
        hint = Text("请用 --help 查看用法", "see --help for the usage").in_language(language())
        _fail(f"{' '.join(error.format_message().split())} ({hint})", Misused.exit_status)
    except OSError as error:
        # A full disk, a folder that cannot be read, a file that is a folder: the system's own words, and where.
        where = f"{error.filename}: " if error.filename else ""
        _fail(f"{where}{error.strerror or error}", Refused.exit_status)
    except Exception as error:
        if not _is_busy(error):
            raise
        words = Text(
            "其他程序正在写入，等候超时，没有保存；请稍后再试",
            "others were writing for too long; nothing was saved: try again",
        )
        _fail(words.in_language(language()), Refused.exit_status)
    except (click.Abort, KeyboardInterrupt):
        _fail(
            Text("已停止；未完成的结果没有写出", "stopped; nothing half-written was left").in_language(language()), 130
        )


def _is_busy(error: Exception) -> bool:
    if "django.db" not in sys.modules:
        return False
    from lianfang.access.turns import is_busy

    return is_busy(error)


def _fail(sentence: str, status: int) -> None:
    print(f"lianfang: {sentence}", file=sys.stderr)
    sys.exit(status)


if __name__ == "__main__":
    main()
