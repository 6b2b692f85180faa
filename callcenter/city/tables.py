"""The tables of a city that administrators keep, in the order in which they are offered."""

from callcenter.city.columns import CellKind, Choices, Column, Sources, Table, names
from callcenter.core.errors import NotFound
from callcenter.directory.arrivals import ArrivalRule
from callcenter.directory.lines import MODES
from callcenter.routing.city import PLACE_KINDS, SPECIALIST, TERRITORY

LIST, LONG, NUMBER, CHOICE, CHOICES = (
    CellKind.LIST,
    CellKind.LONG,
    CellKind.NUMBER,
    CellKind.CHOICE,
    CellKind.CHOICES,
)
UNIT_KINDS = {
    "town": "镇街道",
    "office": "内设科室、村（社区）",
    "park": "园区",
    "department": "部门",
    "utility": "公用企业",
    "emergency": "紧急号码",
    "line": "其他热线",
    "other": "其他",
}
ARRIVAL_RULES: dict[str, str] = {
    ArrivalRule.KEEP_PLACE: "放弃后再拨保留排位（分钟）",
    ArrivalRule.REPEAT_PRIORITY: "重复来电优先（级数）",
    ArrivalRule.HARD_CASE: "多次来电转专席（次数）",
    ArrivalRule.LAST_OPERATOR: "优先原受理话务员（秒）",
    ArrivalRule.NIGHT: "夜间专席（时段）",
    ArrivalRule.RESTDAY: "节假日专席",
}
_units = names("units", "id", "name")
_towns: Choices = {TERRITORY: "属地镇街道"}


def _leads(sources: Sources) -> Choices:
    """The territory, or a unit: a department is written with its mark, as the catalogue has it."""
    named = _units(sources)
    found = {**_towns, **{f"{SPECIALIST}{unit_id}": name for unit_id, name in named.items()}}
    plain = {row["default_lead"] for row in sources("topics")} & named.keys()
    return found | {unit_id: f"{named[unit_id]}（直接）" for unit_id in sorted(plain)}


def _kinds_or_any(sources: Sources) -> Choices:
    return {"*": "任何", **names("kinds", "kind", "kind")(sources)}


def _urgencies_or_any(sources: Sources) -> Choices:
    return {"*": "任何", **names("urgency", "urgency", "urgency")(sources)}


def _ways(sources: Sources) -> Choices:
    """The outcomes of the rules, and petitions, which come in on paper."""
    return {**names("outcomes", "code", "name")(sources), "PETITION": "信访件"}


def _place_kinds(sources: Sources) -> Choices:
    """Those the sample knows, and what the city itself already uses."""
    return PLACE_KINDS | {
        row["kind"]: PLACE_KINDS.get(row["kind"], row["kind"]) for row in sources("gazetteer") if row["kind"]
    }


def _unit_kinds(sources: Sources) -> Choices:
    return UNIT_KINDS | {row["kind"]: UNIT_KINDS.get(row["kind"], row["kind"]) for row in sources("units")}


def _towns_of_city(sources: Sources) -> Choices:
    return {row["name"]: row["name"] for row in sources("gazetteer") if row["kind"] in ("street", "town")}


_LIMIT = "如 3wd、24h、30min；没有写 -"


def _limit(name: str, label: str, *, required: bool = True) -> Column:
    return Column(name, label, required=required, hint=_LIMIT)


TABLES = (
    Table(
        "units",
        "承办单位",
        "可以派单、转接的单位；填了上级的是它下面的科室或村（社区）。",
        ("id",),
        (
            Column("id", "编号", required=True, hint="小写字母，定了不要改"),
            Column("name", "名称", required=True),
            Column("kind", "类别", CHOICE, required=True, source=_unit_kinds),
            Column("parent", "上级单位", CHOICE, source=_units),
            Column("accepts_dispatch", "可派单", CHOICE, required=True, choices={"yes": "是", "no": "否，只能转接"}),
            Column("phone_label", "对外短号"),
            Column("duties", "职责", LONG),
        ),
    ),
    Table(
        "duty_numbers",
        "单位值班电话",
        "三方通话和一键转接拨的号码。",
        ("unit",),
        (
            Column("unit", "单位", CHOICE, required=True, source=_units),
            Column("number", "号码", NUMBER, required=True),
            Column("note", "备注", LONG),
        ),
    ),
    Table(
        "topics",
        "诉求类别与派单目录",
        "每类诉求默认由谁主办、谁协办。",
        ("topic",),
        (
            Column("topic", "类别", required=True, hint="一级-二级"),
            Column("default_lead", "默认主办", CHOICE, required=True, source=_leads),
            Column("usual_co", "通常协办", CHOICES, source=lambda sources: {**_towns, **_units(sources)}),
            Column("typical_kind", "常见诉求类型", CHOICE, source=names("kinds", "kind", "kind")),
            Column("note", "范围说明", LONG),
        ),
    ),
    Table(
        "gazetteer",
        "地名库",
        "道路、小区、村、地标和它们的别名；听写和定位都靠它。",
        ("name", "town"),
        (
            Column("name", "地名", required=True),
            Column("aliases", "别名", LIST),
            Column("kind", "类别", CHOICE, required=True, source=_place_kinds),
            Column("town", "所在镇街道", CHOICES, source=_towns_of_city),
            Column("note", "备注", LONG, hint="“泛称”表示单说它不能确定地点"),
            Column("lon", "经度", hint="度，如 121.0153；可不填"),
            Column("lat", "纬度", hint="度，如 30.6773；可不填"),
        ),
    ),
    Table(
        "deadlines",
        "办理时限",
        "按诉求类型、紧急程度和处理方式定各环节时限；从上到下第一行符合的生效。",
        ("code", "kind", "urgency"),
        (
            Column("code", "代码", required=True),
            Column("kind", "诉求类型", CHOICE, required=True, source=_kinds_or_any),
            Column("urgency", "紧急程度", CHOICE, required=True, source=_urgencies_or_any),
            Column("outcomes", "处理方式", CHOICES, required=True, source=_ways),
            _limit("dispatch", "派单", required=False),
            _limit("sign", "签收"),
            _limit("first_contact", "首次联系"),
            _limit("first_result", "首次结果"),
            _limit("close", "办结"),
            _limit("notice", "告知", required=False),
            _limit("callback", "回访", required=False),
            _limit("extension", "可延期", required=False),
            Column("clock_unit", "时间单位"),
            Column("clock_start", "起算", required=True),
            Column("basis", "依据", LONG, required=True),
        ),
    ),
    Table(
        "lines",
        "接入号码",
        "12345 和并入的老号码：名称、统计标签、进哪个队列。",
        ("did",),
        (
            Column("did", "号码", NUMBER, required=True),
            Column("name", "名称", required=True),
            Column("tag", "统计标签"),
            Column("mode", "方式", CHOICE, required=True, choices=MODES),
            Column("queue", "队列", CHOICE, source=names("queues", "queue", "name"), hint="空着进综合受理"),
            Column("hours", "专席时间", hint="如 08:30-17:30，空着为全天"),
            Column("greeting", "欢迎语", hint="提示音名称，空着用通用的"),
        ),
    ),
    Table(
        "queues",
        "队列与技能",
        "来电排的队列；多少人等候起请人预约回拨。",
        ("queue",),
        (
            Column("queue", "编号", required=True),
            Column("name", "名称", required=True),
            Column("skill", "技能"),
            Column("overload_callers", "忙时人数", NUMBER),
            Column("overload_seconds", "忙时等候秒数", NUMBER),
        ),
    ),
    Table(
        "arrivals",
        "来电规则",
        "重复来电、多次来电、夜间和节假日怎么排队；没有的行不生效。",
        ("rule",),
        (
            Column("rule", "规则", CHOICE, required=True, choices=ARRIVAL_RULES),
            Column("value", "数值或时段"),
            Column("queue", "队列", CHOICE, source=names("queues", "queue", "name")),
            Column("note", "说明", LONG),
        ),
    ),
    Table(
        "oncall",
        "值班人员",
        "没有坐席接听时依次振铃的人。",
        ("days", "hours", "name"),
        (
            Column("days", "日期", required=True, hint="all、workday、restday 或 2026-10-01..2026-10-08"),
            Column("hours", "时段", required=True, hint="如 20:00-08:00"),
            Column("name", "姓名或岗位", required=True),
            Column("number", "号码", NUMBER, required=True),
        ),
    ),
    Table(
        "unit_rota",
        "单位值班表",
        "值班电话没人接时，依次呼叫单位的这些人。",
        ("unit", "days", "hours", "name"),
        (
            Column("unit", "单位", CHOICE, required=True, source=_units),
            Column("days", "日期", required=True, hint="all、workday、restday 或 2026-10-01..2026-10-08"),
            Column("hours", "时段", required=True, hint="如 20:00-08:00"),
            Column("name", "姓名或岗位", required=True),
            Column("number", "号码", NUMBER, required=True),
        ),
    ),
    Table(
        "asked",
        "来电人的问法",
        "每条知识来电人实际怎么问；写得越多，搜得越准。",
        (),
        (
            Column("id", "知识编号", required=True, hint="- 表示没有对应知识"),
            Column("asked", "问法", LIST, required=True),
        ),
    ),
    Table(
        "kinds",
        "诉求类型",
        "诉求类型和判定界限，按顺序判定。",
        ("kind",),
        (
            Column("order", "顺序", NUMBER, required=True),
            Column("kind", "类型", required=True),
            Column("definition", "定义", LONG),
            Column("boundary", "界限", LONG),
        ),
    ),
    Table(
        "urgency",
        "紧急程度",
        "紧急程度和判定标准。",
        ("urgency",),
        (
            Column("order", "顺序", NUMBER, required=True),
            Column("urgency", "程度", required=True),
            Column("definition", "定义", LONG),
            Column("examples", "举例", LONG),
            Column("clock", "时限", LONG),
        ),
    ),
)
_BY_KEY = {table.key: table for table in TABLES}


def table_of(key: str) -> Table:
    """The table with this key."""
    if key not in _BY_KEY:
        raise NotFound("没有这张表，请从左侧列表中选择。", code="table_not_found")
    return _BY_KEY[key]
