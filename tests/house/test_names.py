"""No room names one to its right in a string: the tree is clean, and a made-up house with such a name is told of it."""

from pathlib import Path

import pytest

from tools.names import problems, rooms

HOUSE = 'ROOMS = ("left", "middle", "right")\n'
CLEAN = {
    "left/urls.py": 'urlpatterns = [path("", lefts, name="left-list"), path("<key>/", one, name="left")]\n',
    "left/models.py": "class Left(models.Model):\n    name = models.CharField()\n",
    "left/views.py": 'def one():\n    return reverse("left")\n',
    "left/templates/left/page.html": '{% extends "left/base.html" %}\n<a href="{% url "left-list" %}">all</a>\n',
    "left/room.py": 'ROOM = Room(panels=(Panel("one", "lianfang.left.views:one"),))\n',
    "right/urls.py": 'urlpatterns = [path("", rights, name="right-list"), path("<key>/", one, name="right")]\n',
    "right/models.py": (
        "class Right(models.Model):\n"
        '    owner = models.ForeignKey("left.Left", on_delete=models.PROTECT, related_name="rights")\n'
    ),
    "right/views.py": 'def one():\n    return reverse("left"), Right.objects.filter(owner__name="x")\n',
    "right/templates/right/page.html": '{% extends "left/base.html" %}\n{% url "left" %}{% url "right" %}\n',
    "right/room.py": 'ROOM = Room(panels=(Panel("one", "left.left", "lianfang.right.views:one"),))\n',
}


def made(folder: Path, **more: str) -> Path:
    """Write a house of three rooms; `more` stands instead of, or beside, what is clean."""
    package = folder / "src" / "lianfang"
    for name, text in {"house.py": HOUSE, "middle/room.py": "ROOM = Room()\n", **CLEAN, **more}.items():
        file = package / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return package


def test_the_rooms_name_none_to_their_right() -> None:
    assert problems() == []


def test_what_is_looked_at_is_the_house() -> None:
    assert {"registry", "cases", "site"} <= set(rooms())


def test_a_house_whose_names_run_left_is_clean(tmp_path: Path) -> None:
    assert problems(made(tmp_path)) == []


BROKEN = {
    "a route that is reversed": ("left/views.py", 'def one():\n    return reverse("right")\n', 2, "the route right"),
    "a route that is led to": (
        "left/views.py",
        'def one():\n    return redirect("right-list")\n',
        2,
        "the route right-",
    ),
    "a route of a subject": (
        "left/room.py",
        'ROOM = Room(\n    a=Subject("left.Left", route="right"),\n)\n',
        2,
        "the r",
    ),
    "a route of an entry": ("middle/room.py", 'ROOM = Room(a=Entry("right-list", 1))\n', 1, "the route right-list"),
    "a link": ("left/templates/left/page.html", '<p>\n<a href="{% url "right" key %}">x</a>\n', 2, "the route right"),
    "a link in single quotes": ("left/templates/left/page.html", "{% url 'right-list' %}\n", 1, "the route right-list"),
    "an included part": ("left/templates/left/page.html", '{% include "right/_part.html" %}\n', 1, "a template"),
    "a base": ("middle/templates/middle/page.html", '{% extends "right/page.html" %}\n', 1, "a template"),
    "a rendered template": ("left/views.py", 'def one():\n    return render(r, "right/page.html")\n', 2, "a template"),
    "a model that is looked up": ("left/views.py", 'M = apps.get_model("right.Right")\n', 1, "the model or permission"),
    "a label of another thing": ("left/room.py", 'ROOM = Room(subject="right.right")\n', 1, "the model or permission"),
    "a foreign key": (
        "middle/models.py",
        'class M(models.Model):\n    r = models.ForeignKey("right.Right", on_delete=models.PROTECT)\n',
        2,
        "the model or permission right.Right",
    ),
    "a lookup through a reverse name": (
        "left/views.py",
        'def one():\n    return Left.objects.order_by("-rights__owner")\n',
        2,
        "the lookup -rights__owner",
    ),
    "code that a room declares": (
        "left/room.py",
        'ROOM = Room(\n    panels=(Panel("one", "lianfang.right.views:one"),),\n)\n',
        2,
        "the module lianfang.right.views:one",
    ),
    "a module": ("middle/views.py", 'M = import_module("lianfang.right.models")\n', 1, "the module lianfang.right."),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_name_that_leads_right_is_told_with_file_line_and_room(tmp_path: Path, what: str) -> None:
    name, text, line, named = BROKEN[what]
    (told,) = problems(made(tmp_path, **{name: text}))
    assert told.startswith(f"src/lianfang/{name}:{line}: names {named}")
    assert told.endswith(" of the room right to its right")


def test_the_same_from_the_right_is_no_fault(tmp_path: Path) -> None:
    more = {name.replace("left", "right").replace("middle", "right"): text for name, text, _n, _w in BROKEN.values()}
    package = made(tmp_path)
    for name, text in more.items():
        file = package / name.replace("views.py", "more_views.py").replace("room.py", "more_room.py")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    assert problems(package) == []


def test_tests_and_migrations_may_name_what_they_like(tmp_path: Path) -> None:
    lines = 'apps.get_model("right.Right")\nreverse("right")\n'
    assert problems(made(tmp_path, **{"left/tests/test_a.py": lines, "left/migrations/0001_a.py": lines})) == []
