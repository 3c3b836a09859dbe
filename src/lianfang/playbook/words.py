"""Words of what a playbook decides: sections, facts, subjects, times that start a clock."""

from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Classification, OriginRisk, Severity, SpecialNeed, YesNo
from lianfang.playbook.model import (
    Evidence,
)

STARTS: dict[str, Text] = {
    "last_exposure": Text("末次接触", "last exposure"),
    "left_area": Text("离开风险地区", "leaving the area"),
    "entered_at": Text("入境", "entry"),
    "found_at": Text("被发现", "being found"),
    "in_quarantine_since": Text("开始隔离", "start of quarantine"),
    "onset_date": Text("发病", "onset"),
    "sampled_at": Text("采样", "sampling"),
    "diagnosed_at": Text("诊断", "diagnosis"),
    "reported_at": Text("报告", "report"),
    "isolated_at": Text("隔离", "isolation"),
    "discharged_at": Text("出院或解除", "discharge"),
    "own_positive_at": Text("本人检测阳性", "the own positive test"),
}
"""What starts a count of days or hours, as a noun."""


CLOCK_TIMES: dict[str, Text] = {
    **STARTS,
    "proposed_at": Text("提出建议", "being proposed"),
    "decided_at": Text("作出决定", "the decision"),
    "first_case_at": Text("首例本地病例", "the first local case"),
    "started_on": Text("疫情开始", "start of the outbreak"),
    "given_at": Text("布置任务", "being given"),
}
"""What starts a clock, as a noun: the times of every subject."""


SUBJECTS: dict[str, Text] = {
    "case": Text("病例", "case"),
    "contact": Text("接触者", "contact"),
    "outbreak": Text("疫情", "outbreak"),
    "zone": Text("区域", "zone"),
    "person": Text("人员", "person"),
    "task": Text("任务", "task"),
}
"""What a clock hangs on."""


FACT_LABELS: dict[str, Text] = {
    "origin_risk": Text("来源地风险", "risk of the area of origin"),
    "special": Text("特殊人群", "special needs"),
    "symptomatic": Text("有无症状", "symptoms"),
    "severity": Text("病情", "severity"),
    "classification": Text("病例分类", "classification"),
    "linked_positive": Text("所关联密接检测阳性", "linked contact positive in any test"),
    "linked_first_two": Text("所关联密接前两次检测阳性", "linked contact positive in the first two tests"),
    "linked_tests": Text("所关联密接的检测", "tests of the linked contact"),
    "own_positive": Text("本人检测阳性", "own test positive"),
    "own_tests": Text("本人检测", "own tests"),
    "home_feasible": Text("有居家条件", "home is feasible"),
    "chooses_central": Text("自愿集中", "chooses a central place"),
    "category": Text("人员类别", "category"),
    **STARTS,
}
"""The facts a measure may stand on."""


FACT_VALUES: dict[str, Text] = {
    word.value: Text(word.label.zh, word.label.en.lower())
    for words in (OriginRisk, SpecialNeed, Severity, Classification, YesNo)
    for word in words
}
"""Values of facts; any other value is shown as it is. What two lists hold is called as in the later one."""


EVIDENCE: dict[Evidence, Text] = {
    "F-O": Text("官方原文", "official text"),
    "F-M": Text("新闻报道引用官方文件", "press report of the official text"),
    "F-L": Text("地方规定", "local rule"),
    "F-A": Text("未署名转载，待核实", "unsigned copy, to be confirmed"),
    "F-T": Text("译文，待核实", "translated copy, to be confirmed"),
    "F-C": Text("在用系统的做法", "practice of a working system"),
    "SD": Text("会议讲话原文", "speech of a command meeting"),
    "LIT": Text("已发表的研究", "published study"),
    "SYS": Text("系统默认，待本地确认", "default of this system, to be confirmed locally"),
}
"""What each evidence grade means."""


SCOPES: dict[str, Text] = {
    "national": Text("国家", "national"),
    "local": Text("地方", "local"),
    "system": Text("系统", "system"),
}
"""Who set a rule."""


SECTIONS: dict[str, Text] = {
    "natural_history": Text("疾病自然史", "Natural history"),
    "lookback": Text("回溯期", "Look-back"),
    "tracing": Text("追踪与判定", "Tracing and categories"),
    "counting": Text("日数计算", "Counting of days"),
    "late_find": Text("发现较晚者", "Late finds"),
    "measures": Text("管控措施", "Measures"),
    "clocks": Text("时限", "Clocks"),
    "chains": Text("传播链推断", "Transmission chains"),
    "priority": Text("联系优先级", "Order of calls"),
    "companion": Text("时空伴随（只作线索）", "Spatial companions (a signal only)"),
}
"""The sections of a playbook, in the order of the file."""
