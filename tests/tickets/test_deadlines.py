"""Clocks by profile: lookup, limits, basis, reproducibility, on the sample city's table."""

import csv
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.core.clock import CHINA
from callcenter.core.errors import Invalid
from callcenter.settings import PROJECT_ROOT
from callcenter.tickets.deadlines import Clock, clocks, find_by_code, find_profile
from callcenter.tickets.limits import Limit, Term, recompute
from callcenter.tickets.profiles import load_profiles
from callcenter.workdays.arithmetic import Calendar, DayKind, OfficeHours
from callcenter.workdays.files import load_calendar

pytestmark = pytest.mark.unit

PROFILES = load_profiles(PROJECT_ROOT / "routing_rules" / "city" / "deadlines.tsv")
CALENDAR = load_calendar(PROJECT_ROOT / "routing_rules" / "calendar")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def due(kind: str, urgency: str, start: str, outcome: str | None = None) -> dict[str, str]:
    profile = find_profile(PROFILES, kind=kind, urgency=urgency, outcome=outcome)
    found = clocks(profile, started_at=at(start), calendar=CALENDAR)
    return {str(clock.name): f"{clock.due_at:%Y-%m-%d %H:%M}" for clock in found}


@pytest.mark.parametrize(
    ("kind", "urgency", "outcome", "code"),
    [
        ("咨询", "一般", None, "WD3"),
        ("求助", "一般", "DISPATCH", "WD7"),
        ("建议", "一般", "SPLIT", "WD7"),
        ("投诉", "一般", "VAULT", "WD15"),
        ("举报", "紧急", "DISPATCH", "J24_WD15"),
        ("求助", "紧急", "THREEWAY", "T24"),
        ("求助", "特急", "DISPATCH", "T24"),
        ("表扬", "特急", None, "PASS3"),
        ("无效", "一般", "RECORD", "NONE"),
        ("投诉", "特急", "TRANSFER", "NOW"),
        ("投诉", "一般", "PROGRESS", "NOW"),
        ("投诉", "紧急", "PROGRESS", "P24"),
        ("投诉", "一般", "CASE", "CASE"),
    ],
)
def test_profile_by_kind_urgency_and_outcome(kind: str, urgency: str, outcome: str | None, code: str) -> None:
    assert find_profile(PROFILES, kind=kind, urgency=urgency, outcome=outcome).code == code


def test_clocks_run_in_parallel() -> None:
    assert due("投诉", "一般", "2026-09-30 16:00") == {
        "dispatch": "2026-09-30 16:15",
        "sign": "2026-10-08 17:30",
        "first_contact": "2026-10-08 17:30",
        "close": "2026-10-27 17:30",
    }
    assert due("求助", "紧急", "2026-09-30 22:10", "DISPATCH") == {
        "dispatch": "2026-09-30 22:15",
        "sign": "2026-10-01 00:10",
        "first_contact": "2026-10-01 00:10",
        "first_result": "2026-10-01 22:10",
        "close": "2026-10-15 17:30",
    }
    assert due("求助", "特急", "2026-02-16 23:50") == {
        "dispatch": "2026-02-16 23:55",
        "sign": "2026-02-17 00:20",
        "first_contact": "2026-02-17 00:20",
        "first_result": "2026-02-17 01:50",
        "close": "2026-02-17 23:50",
    }
    assert due("投诉", "一般", "2026-11-24 10:00", "CASE") == {
        "sign": "2026-11-24 14:00",
        "first_contact": "2026-11-25 10:00",
        "first_result": "2026-12-03 17:30",
        "close": "2027-01-23 17:30",
    }
    assert due("咨询", "一般", "2026-11-24 10:05", "ANSWER")["close"] == "2026-11-24 10:05"
    assert due("无效", "一般", "2026-11-24 10:05") == {}


def test_profile_by_the_code_of_a_decision() -> None:
    assert str(find_by_code(PROFILES, "LEAD7").limits["close"]) == "7wd"  # type: ignore[index]
    with pytest.raises(Invalid, match="WD99"):
        find_by_code(PROFILES, "WD99")


def test_only_working_day_clocks_become_provisional_before_the_notice() -> None:
    profile = find_by_code(PROFILES, "CASE")
    found = clocks(profile, started_at=at("2026-12-28 10:00"), calendar=CALENDAR)
    assert {str(clock.name): clock.provisional for clock in found} == {
        "sign": False,
        "first_contact": False,
        "first_result": True,
        "close": False,
    }


def test_basis_prints_limit_start_and_source() -> None:
    clock = clocks(find_by_code(PROFILES, "WD15"), started_at=at("2026-11-24 10:00"), calendar=CALENDAR)[-1]
    assert clock.basis.startswith("办结15个工作日，派单次日起算；四川型3/7/15个工作日(B8)")


@given(
    st.sampled_from(PROFILES),
    st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 31)),
    st.sampled_from(["08:30-12:00/13:30-17:30", "09:00-16:00"]),
)
def test_kept_inputs_give_the_same_date_with_no_calendar_at_hand(profile, moment, hours) -> None:  # type: ignore[no-untyped-def]
    for clock in clocks(
        profile, started_at=moment.replace(tzinfo=CHINA), calendar=CALENDAR, hours=OfficeHours.parse(hours)
    ):
        again = recompute(clock.inputs)
        assert (again.at, again.provisional) == (clock.due_at, clock.provisional)
        assert clock.due_at >= moment.replace(tzinfo=CHINA)


def test_a_changed_calendar_leaves_a_kept_clock_alone() -> None:
    profile = find_by_code(PROFILES, "WD15")

    def close(calendar: Calendar) -> Clock:
        return clocks(profile, started_at=at("2026-09-30 16:00"), calendar=calendar)[-1]

    before, after = close(CALENDAR), close(Calendar())
    assert after.due_at != before.due_at
    assert recompute(before.inputs).at == before.due_at


def test_extension_is_counted_from_the_date_it_was_due() -> None:
    limit = Limit.parse("7wd")
    assert limit
    term = Term(limit, at("2026-09-30 16:00"), extension=5)  # due Thu 15 October
    end = term.end(CALENDAR)
    assert end.at == at("2026-10-22 17:30")
    assert recompute(term.kept(CALENDAR, end)) == end


@pytest.mark.parametrize(
    ("limit", "start", "pause", "resume", "end"),
    [
        # Due Thu 15 October; paused Fri 9th at 15:00: 2.5 h of the 9th, 7.5 h of the worked 10th, four days are left,
        # in all 40 h. Resumed Mon 12th at 9:30: 6.5 h that day, four full days to Fri 16th, 3.5 h on Mon 19th.
        ("7wd", "2026-09-30 16:00", "2026-10-09 15:00", "2026-10-12 09:30", "2026-10-19 12:00"),
        # A night costs nothing, neither does a holiday.
        ("3wd", "2026-11-23 16:00", "2026-11-24 17:30", "2026-11-25 08:30", "2026-11-26 17:30"),
        ("1wd", "2026-09-30 08:00", "2026-09-30 17:30", "2026-10-07 23:00", "2026-10-08 17:30"),
        # Paused with 1.5 h of the 30th and all of the 8th left: 9 h. Resumed Sat 10th at 16:30: 1 h, 7.5 h on Mon 12th.
        ("1wd", "2026-09-30 08:00", "2026-09-30 16:00", "2026-10-10 16:30", "2026-10-13 09:00"),
        # Resumed during lunch.
        ("1wd", "2026-11-23 09:00", "2026-11-24 11:00", "2026-11-24 12:30", "2026-11-25 09:30"),
        # Hours and calendar days stand still for as long as the pause lasts.
        ("24h", "2026-11-24 10:00", "2026-11-24 20:00", "2026-11-25 20:07", "2026-11-26 10:07"),
        ("60cd", "2026-11-01 10:00", "2026-11-10 10:00", "2026-11-12 10:00", "2027-01-02 17:30"),
        # A pause after the end changes nothing.
        ("1wd", "2026-11-23 09:00", "2026-11-25 09:00", "2026-11-30 09:00", "2026-11-24 17:30"),
    ],
)
def test_pause_leaves_what_was_left(limit: str, start: str, pause: str, resume: str, end: str) -> None:
    parsed = Limit.parse(limit)
    assert parsed
    term = Term(parsed, at(start), pauses=((at(pause), at(resume)),))
    found = term.end(CALENDAR)
    assert found.at == at(end)
    assert recompute(term.kept(CALENDAR, found)) == found


BY_HAND = Path(__file__).with_name("deadlines_by_hand.tsv")
"""Around every holiday and make-up day of two years; its last column says how a person counts."""


def cases() -> list[dict[str, str]]:
    with BY_HAND.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case['starts']} {case['limit']}".replace(" ", "_"))
def test_counted_by_hand(case: dict[str, str]) -> None:
    limit = Limit.parse(case["limit"])
    assert limit
    halves = {date.fromisoformat(day): DayKind.HALF_DAY for day in case["half_days"].split()}
    calendar = Calendar({**CALENDAR.days, **halves}, CALENDAR.years)
    pauses = ((at(case["paused"]), at(case["resumed"])),) if case["paused"] else ()
    term = Term(limit, at(case["starts"]), extension=int(case["extension"] or 0), pauses=pauses)
    end = term.end(calendar)
    assert (end.at, end.provisional) == (at(case["ends"]), case["provisional"] == "yes"), case["by_hand"]
    assert recompute(term.kept(calendar, end)) == end


def test_the_table_meets_every_holiday_and_make_up_day_of_two_years() -> None:
    """Each of them lies between the start and the end of some case."""
    spans = [(at(case["starts"]).date(), at(case["ends"]).date()) for case in cases()]
    special = [day for day in CALENDAR.days if day.year in (2025, 2026)]
    assert special
    assert [day for day in special if not any(first <= day <= last for first, last in spans)] == []


@given(
    st.sampled_from(["3wd", "24h", "10cd"]),
    st.datetimes(datetime(2025, 1, 1), datetime(2026, 10, 1)),
    st.integers(0, 20_000),
    st.integers(0, 20_000),
)
def test_a_pause_never_shortens_a_term(limit: str, moment: datetime, before: int, length: int) -> None:
    parsed = Limit.parse(limit)
    assert parsed
    start = moment.replace(tzinfo=CHINA)
    paused_at = start + timedelta(minutes=before)
    plain = Term(parsed, start)
    paused = Term(parsed, start, pauses=((paused_at, paused_at + timedelta(minutes=length)),))
    assert plain.end(CALENDAR).at <= paused.end(CALENDAR).at
    assert paused.end(CALENDAR).at <= plain.end(CALENDAR).at + timedelta(minutes=length) + timedelta(days=14)


@pytest.mark.parametrize(
    ("kind", "urgency", "outcome", "choices"),
    [
        ("抱怨", "一般", None, "咨询、求助、投诉"),
        ("投诉", "很急", None, "一般、紧急、特急"),
        ("投诉", "一般", "SEND", "DISPATCH"),
    ],
)
def test_unknown_value_is_answered_with_the_choices(kind: str, urgency: str, outcome: str | None, choices: str) -> None:
    with pytest.raises(Invalid) as caught:
        find_profile(PROFILES, kind=kind, urgency=urgency, outcome=outcome)
    assert choices in caught.value.message


def test_known_values_without_a_row_are_an_error_not_a_guess() -> None:
    with pytest.raises(Invalid, match="时限表里没有"):
        find_profile(PROFILES, kind="表扬", urgency="一般", outcome="DISPATCH")


@pytest.mark.parametrize("text", ["3wd", "2h", "30min", "24h", "60cd", "now"])
def test_limit_reads_what_it_writes(text: str) -> None:
    assert str(Limit.parse(text)) == text


@pytest.mark.parametrize("text", ["", "3", "wd", "0wd", "-1h", "3 wd", "3WD", "1001wd", "三wd", "1.5h"])
def test_bad_limit_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="写法不对"):
        Limit.parse(text)


def test_no_limit() -> None:
    assert Limit.parse("-") is None
