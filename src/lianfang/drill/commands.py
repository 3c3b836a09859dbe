"""``lianfang drill``: a made-up outbreak answered and scored, without a database."""

import datetime as dt
import sys

import click

from lianfang.kernel.text import Lang, Text


@click.command("drill")
@click.option("--people", type=click.IntRange(1000, 200_000), default=8000, show_default=True, help="县域人口 · people")
@click.option("--seed", type=int, default=1, show_default=True, help="随机种子 · seed")
@click.option(
    "--playbook", "playbook_id", default="covid19-cn-9", show_default=True, help="方案编号或文件 · id or file"
)
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
def drill(people: int, seed: int, playbook_id: str, lang: Lang) -> None:
    """Play a made-up outbreak against the response and score it · 演练并评分.

    The same seed gives the same outbreak. The response is held against two lines of arithmetic, against shutting
    everybody in, and against doing nothing.
    """
    from lianfang.drill.play import play, score_played
    from lianfang.playbook.load import load

    def tell(words: Text) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r\x1b[K{words.in_language(lang)} …", err=True, nl=False)

    book = load(playbook_id)
    played = play(
        people=people, seed=seed, until=dt.datetime.combine(book.valid_from, dt.time(16)) + _SOME_DAYS, tell=tell
    )
    score = score_played(played, playbook=book, tell=tell)
    tell(Text("", ""))
    title = Text(
        "演练：虚构县 {people} 人，种子 {seed}，方案 {book}",
        "Drill: made-up county of {people} people, seed {seed}, playbook {book}",
    )
    click.echo(title.format(people=played.county.people.height, seed=seed, book=book.name).in_language(lang))
    for label, value in score.lines():
        click.echo(f"  {label.in_language(lang)}{'：' if lang == 'zh' else ': '}{value}")


_SOME_DAYS = dt.timedelta(days=30)
"""After the day from which the playbook holds, so that it is in force."""
