"""A new office begins: from an empty database to the first order and the day's bulletin, without a shell."""

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest

from tests.pages.county import served

pytestmark = pytest.mark.browser

PASSWORD = "Wm7kqpzu2x"
OUTLINE = "330999 安和县\n    东河镇\n        东河一社区\n    西山乡\n"
PEOPLE = "person_id,name,phone,jurisdiction\n" + "".join(
    f"p{n},{name},1380000000{n},东河一社区\n" for n, name in enumerate(("王小明", "李小红", "赵六", "钱七"), start=1)
)


def moment(days: float) -> str:
    """A time in the county, whose clocks stand eight hours east of Greenwich."""
    there = dt.datetime.now(dt.UTC).replace(tzinfo=None) + dt.timedelta(hours=8, days=days)
    return f"{there:%Y-%m-%dT%H:%M}"


def link_of(folder: Path) -> str:
    found = re.search(r"(http://\S+/setup/first/\?code=\S+)", (folder / "server.log").read_text("utf-8"))
    assert found, (folder / "server.log").read_text("utf-8")
    return found[1]


def sign_in(browser: Any, url: str, username: str, password: str) -> Any:
    page = browser.new_context(locale="zh-CN", viewport={"width": 1366, "height": 768}).new_page()
    page.goto(f"{url}/account/sign-in/")
    page.fill("input[name=login]", username)
    page.fill("input[name=password]", password)
    page.click("main button[class=primary]")
    page.wait_for_load_state()
    assert "/sign-in/" not in page.url, page.inner_text("main")
    return page


def send(page: Any, url: str, kind: str, text: str, name: str = "") -> None:
    """Send a list by its page, and wait until its task is done."""
    page.goto(url + (f"/setup/lists/{kind}/" if kind != "presences" else "/presences/"))
    page.set_input_files("#id_list", {"name": f"{kind}.csv", "mimeType": "text/csv", "buffer": text.encode()})
    page.click("main form[enctype] button.primary")
    page.wait_for_url(re.compile("/tasks/"))
    for _ in range(120):
        shown = page.inner_text("main")
        if "已完成" in shown:
            return
        assert "未成功" not in shown, shown
        page.wait_for_timeout(1000)
        page.reload()
    pytest.fail(shown)


def test_from_an_empty_database_to_the_bulletin(browser: Any, tmp_path: Path) -> None:
    with served(tmp_path) as url:
        boss = browser.new_context(locale="zh-CN", viewport={"width": 1366, "height": 768}).new_page()
        boss.goto(f"{url}/")
        assert "尚无任何账号" in boss.inner_text("main")
        boss.goto(link_of(tmp_path))
        for field, typed in (("username", "boss"), ("name", "张主任"), ("password", PASSWORD), ("again", PASSWORD)):
            boss.fill(f"#id_{field}", typed)
        boss.click("main form button.primary")
        boss.wait_for_url(re.compile("/setup/$"))

        boss.click("main a[href='/setup/areas/']")
        boss.fill("#id_outline", OUTLINE)
        boss.click("main form button.primary")
        boss.wait_for_url(re.compile("/setup/$"))

        boss.click("main a[href='/setup/accounts/']")
        boss.click("main form button.primary")
        boss.locator("#h-made").wait_for()
        rows = boss.locator("main table tbody tr")
        passwords = {
            rows.nth(n).locator("td").nth(0).inner_text(): rows.nth(n).locator("code").inner_text()
            for n in range(rows.count())
        }
        assert {"commander", "investigator", "auditor"} < set(passwords)

        send(boss, url, "people", PEOPLE)
        stays = "person_id,place_id,place_kind,start,end\n"
        stays += "".join(f"p{n},shop,venue,{moment(-2)},{moment(-1.9)}\n" for n in (1, 2))
        send(boss, url, "presences", stays)

        commander = sign_in(browser, url, "commander", passwords["commander"])
        commander.goto(f"{url}/outbreaks/")
        commander.locator("main a[href='/outbreaks/open/']").first.click()
        commander.fill("#id_name", "首起疫情")
        commander.select_option("#id_playbook", "covid19-cn-9")
        commander.click("main form button.primary")
        commander.wait_for_url(re.compile("/outbreaks/$"))

        investigator = sign_in(browser, url, "investigator", passwords["investigator"])
        cases = "case_id,person_id,onset_date,sampled_at,reported_at\n"
        cases += f"c1,p1,{moment(-1)},{moment(-0.5)},{moment(-0.2)}\n"
        send(investigator, url, "cases", cases)
        investigator.goto(f"{url}/contacts/")
        for _ in range(60):  # the response that the list asked for is at work
            if "李小红" in investigator.inner_text("main"):
                break
            investigator.wait_for_timeout(1000)
            investigator.reload()
        assert "李小红" in investigator.inner_text("main")
        investigator.locator("main input[name=keys]").first.check()
        investigator.click("main button[value='contact.accept']")
        investigator.wait_for_load_state()
        investigator.goto(f"{url}/measures/")
        assert "李小红" in investigator.inner_text("main")
        investigator.goto(f"{url}/bulletin/")
        assert "安和县" in investigator.inner_text("main") and "东河镇" in investigator.inner_text("main")
