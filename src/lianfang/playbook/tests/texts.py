"""The texts of the playbooks of the package, as their files hold them."""

from __future__ import annotations

from importlib import resources

DATA = resources.files("lianfang.playbook") / "data"
EIGHT = (DATA / "covid19-cn-8.yaml").read_text(encoding="utf-8")
LOCAL = (DATA / "covid19-cn-8-local-2021-08.yaml").read_text(encoding="utf-8")
NINE = (DATA / "covid19-cn-9.yaml").read_text(encoding="utf-8")
