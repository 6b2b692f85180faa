"""Words, tables and charts of a report from its material. Pure: the same material gives the same report."""

from datetime import timedelta

from callcenter.briefs.document import Cell, Chart, Document, Heat, Section, Series, Table
from callcenter.briefs.material import Material
from callcenter.briefs.periods import KIND_NAMES, THIS, ReportKind
from callcenter.reports.rate import Counted
from callcenter.reports.stages import spoken
from callcenter.warnings.models import RESULT_NAMES, STATE_NAMES, Warned, WarningState

FOUNDING = (
    "on_the_spot",
    "dispatched",
    "night",
    "forwarded",
    "on_time_close",
    "followup_hotline_satisfied",
    "followup_unit_satisfied",
    "leader",
)
"""The figures a city is known by."""
MORE = ("within_15s", "recovered", "on_the_spot_strict", "on_time_close_plain", "returned", "improper_return", "redone")
MOST_TOPICS, MOST_FIELDS, MOST_WARNINGS, LEAST_UNIT_TICKETS = 10, 8, 30, 1
SMALL = 5
"""In what is published, fewer than this could point at a person, so they are counted together."""


def write(material: Material, *, made_at: str) -> Document:
    """The report of the kind the material's period has."""
    public = material.period.kind is ReportKind.PUBLIC
    sections = [_whole(material), _matters(material, public), _places(material, public), _handling(material)]
    if not public:
        sections += [_repeats(material), _warnings(material)]
    sections.append(_definitions(material))
    title = f"12345政务服务便民热线{KIND_NAMES[material.period.kind]}"
    return Document(title=title, period=material.period.name, made_at=made_at, sections=sections)


def change(now: int, before: int) -> str:
    """`比上月增加 12.50%`, without the name of the period."""
    if not before:
        return "上期无数据"
    if now == before:
        return "持平"
    return f"{'增加' if now > before else '减少'} {abs(now - before) / before:.2%}"


def _whole(material: Material) -> Section:
    this, last = THIS[material.period.kind]
    calls = f"比{last}{change(material.calls, material.calls_before)}" if material.calls_before else f"{last}无数据"
    tickets = f"比{last}{change(material.registered, material.registered_before)}"
    tickets = tickets if material.registered_before else f"{last}无数据"
    text = [
        f"{this}来电 {material.calls:,} 通，{calls}；受理诉求 {material.registered:,} 件，{tickets}。",
        "；".join(_said(material, code) for code in FOUNDING) + "。",
    ]
    return Section(
        title="一、总体情况",
        text=text,
        tables=[_figures_table(material, (*FOUNDING, *MORE), this, last)],
        charts=[_course(material)],
    )


def _said(material: Material, code: str) -> str:
    figure = material.figures.rate(code)
    if figure is None or figure.value is None:
        return f"{figure.name if figure else code}无数据"
    return f"{figure.name} {figure.value:.2%}（{len(figure.numerator):,}/{len(figure.denominator):,}）"


def _figures_table(material: Material, codes: tuple[str, ...], this: str, last: str) -> Table:
    rows: list[list[Cell]] = []
    for code in codes:
        now, before = material.figures.rate(code), material.before.rate(code)
        if now is None:
            continue
        parts = f"{len(now.numerator)}/{len(now.denominator)}"
        rows.append([now.name, now.value, before.value if before else None, _points(now, before), parts])
    return Table(title="主要指标", head=["指标", this, last, "变化", "分子/分母"], rows=rows)


def _points(now: Counted, before: Counted | None) -> str | None:
    if now.value is None or before is None or before.value is None:
        return None
    return f"{(now.value - before.value) * 100:+.2f} 个百分点"


def _course(material: Material) -> Chart:
    """Calls and tickets over the period: by hour, day or month."""
    counts, period = material.counts, material.period
    if period.kind is ReportKind.DAILY:
        hours = [float(counts.call_hours[hour]) for hour in range(24)]
        names = [f"{hour}时" for hour in range(24)]
        return Chart(kind="bar", title="各钟点来电", labels=names, series=[Series(name="来电", values=hours)])
    days = [period.first + timedelta(days=number) for number in range(period.days)]
    if period.days <= 31:
        labels = [f"{day.month}月{day.day}日" for day in days]
        calls = [float(counts.call_days[day]) for day in days]
        tickets = [float(counts.ticket_days[day]) for day in days]
        title = "每日来电与受理"
    else:
        labels, calls, tickets, title = (
            [f"{month}月" for month in range(1, 13)],
            [0.0] * 12,
            [0.0] * 12,
            "各月来电与受理",
        )
        for day in days:
            calls[day.month - 1] += counts.call_days[day]
            tickets[day.month - 1] += counts.ticket_days[day]
    series = [Series(name="来电", values=calls), Series(name="受理", values=tickets)]
    return Chart(kind="line", title=title, labels=labels, series=series)


def _matters(material: Material, public: bool) -> Section:
    this, last = THIS[material.period.kind]
    kinds = material.counts.kinds.most_common()
    whole = sum(material.counts.kinds.values())
    parts = "，".join(f"{kind} {count:,} 件（{count / whole:.2%}）" for kind, count in kinds) or "没有受理"
    topics = [(t, n) for t, n in material.counts.topics.most_common() if not public or n >= SMALL][:MOST_TOPICS]
    before = material.counts_before.topics
    rows: list[list[Cell]] = [[topic, count, before[topic], change(count, before[topic])] for topic, count in topics]
    if public and (rest := whole - sum(count for _, count in topics)):
        rows.append(["其他", rest, None, None])
    text = [f"按类型：{parts}。"]
    if rising := _rising(material):
        text.append(f"上升较快的主题：{rising}。")
    chart = Chart(
        kind="bar",
        title="诉求主题前列",
        labels=[topic for topic, _ in topics],
        series=[
            Series(name=this, values=[float(count) for _, count in topics]),
            Series(name=last, values=[float(before[topic]) for topic, _ in topics]),
        ],
    )
    head = ["主题", this, last, "变化"]
    return Section(
        title="二、诉求构成与走势", text=text, tables=[Table(title="主题排名", head=head, rows=rows)], charts=[chart]
    )


def _rising(material: Material) -> str:
    """Topics that grew by half or more, from at least ten: smaller ones swing by chance."""
    before = material.counts_before.topics
    grown = [(t, n) for t, n in material.counts.topics.most_common() if before[t] >= 10 and n >= 1.5 * before[t]]
    return "、".join(f"{topic}（{before[topic]} → {count} 件）" for topic, count in grown[:5])


def _places(material: Material, public: bool) -> Section:
    towns = [town for town, count in material.counts.towns.most_common() if not public or count >= SMALL]
    fields = [field for field, _ in _fields(material)][:MOST_FIELDS]
    cells = material.counts.cells

    def shown(town: str, field: str) -> int:
        count = cells[town, field]
        return 0 if public and count < SMALL else count

    heat = Heat(
        title="镇街道 × 领域" + (f"（不足 {SMALL} 件的不列）" if public else ""),
        columns=fields,
        rows=towns,
        values=[[shown(town, field) for field in fields] for town in towns],
    )
    named = "、".join(f"{town} {material.counts.towns[town]:,} 件" for town in towns[:5])
    tables = []
    if not public and material.places:
        rows: list[list[Cell]] = [[place, count] for place, count in material.places]
        tables.append(Table(title="反映集中的地点", head=["地点", "件数"], rows=rows))
    text = [f"诉求较多的镇街道：{named}。"] if named else ["没有受理。"]
    return Section(title="三、地域分布", text=text, tables=tables, heat=heat)


def _fields(material: Material) -> list[tuple[str, int]]:
    found: dict[str, int] = {}
    for (_, field), count in material.counts.cells.items():
        found[field] = found.get(field, 0) + count
    return sorted(found.items(), key=lambda entry: (-entry[1], entry[0]))


def _handling(material: Material) -> Section:
    rows: list[list[Cell]] = []
    for unit, figures in material.by_unit.items():
        dispatched = figures.rate("dispatched")
        if unit and dispatched and len(dispatched.numerator) >= LEAST_UNIT_TICKETS:
            shares: list[Cell] = []
            for code in ("forwarded", "on_time_close", "returned", "redone", "followup_unit_satisfied"):
                rate = figures.rate(code)
                shares.append(rate.value if rate else None)
            rows.append([material.unit_names.get(unit, unit), len(dispatched.numerator), *shares])
    rows.sort(key=lambda row: (-int(row[1] or 0), str(row[0])))
    head = ["单位", "派单", "按期流转率", "按期办结率", "退单率", "重办率", "满意率"]
    stages: list[list[Cell]] = [
        [timed.name, spoken(timed.median), spoken(timed.p90), len(timed.taken)]
        for timed in material.figures.times
        if timed.median is not None and timed.p90 is not None
    ]
    return Section(
        title="四、办理情况",
        text=[f"有 {len(rows)} 个单位承办诉求；“—”表示没有到期或可计的工单。"],
        tables=[
            Table(title="承办单位", head=head, rows=rows),
            Table(title="各环节用时（自然时间）", head=["环节", "中位", "九成以内", "件数"], rows=stages),
        ],
    )


def _repeats(material: Material) -> Section:
    rows: list[list[Cell]] = [[entry.caller, entry.topic, entry.tickets] for entry in material.repeats]
    callers = _said(material, "repeat_callers")
    calls = _said(material, "repeat")
    return Section(
        title="五、重复诉求",
        text=[f"{callers}；{calls}。", "下表为同一号码就同一主题登记三件及以上的，号码已隐去中间四位，保密件不列。"],
        tables=[Table(title="重复较多", head=["号码", "主题", "件数"], rows=rows)],
    )


def _warnings(material: Material) -> Section:
    found = material.warnings
    closed = [one for one in found if one.state is WarningState.CLOSED]
    unread = sum(one.state is WarningState.NEW for one in found)
    text = f"发出预警 {len(found)} 条，已办结 {len(closed)} 条，尚未阅 {unread} 条。" if found else "没有发出预警。"
    rows: list[list[Cell]] = [
        [one.title, one.level, f"{one.day:%m-%d}", one.reader_name, _result(one)] for one in found[:MOST_WARNINGS]
    ]
    tables = [Table(title="预警及结果", head=["预警", "级别", "日期", "阅读人", "结果"], rows=rows)] if rows else []
    return Section(title="六、风险预警", text=[text], tables=tables)


def _result(warned: Warned) -> str:
    return RESULT_NAMES[warned.result] if warned.result else STATE_NAMES[warned.state]


def _definitions(material: Material) -> Section:
    rows: list[list[Cell]] = []
    for code in (*FOUNDING, *MORE):
        if figure := material.figures.rate(code):
            left = "；".join(f"{why} {len(keys)}" for why, keys in figure.excluded.items())
            rows.append([figure.name, figure.definition, left or "无", figure.version])
    head = ["指标", "口径", "未计入", "版本"]
    return Section(title="附：指标口径", tables=[Table(title="口径与未计入", head=head, rows=rows)])
