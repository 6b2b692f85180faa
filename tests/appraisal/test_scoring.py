"""Points, samples that are too small, ranks and comparison: pure arithmetic over made-up figures."""

from typing import Any

import pytest

from callcenter.appraisal.scheme import Scheme
from callcenter.appraisal.scoring import Adjustment, Sheet, compare, sheets
from callcenter.directory.models import Unit
from callcenter.reports.metrics import Figures
from callcenter.reports.rate import Counted

pytestmark = pytest.mark.unit

SCHEME: dict[str, Any] = {
    "code": "sample",
    "name": "样例",
    "year": 2026,
    "version": "1",
    "basis": "样例",
    "min_sample": 4,
    "min_share": 0.5,
    "items": [
        {"figure": "on_time_close", "weight": 60, "zero": 0.5, "full": 1.0},
        {"figure": "returned", "weight": 40, "zero": 0.5, "full": 0.0},
    ],
    "groups": [{"code": "all", "name": "全部", "kinds": ["town"]}],
    "deductions": [{"name": "逾期", "figure": "on_time_close", "part": "missing", "each": 2, "most": 3}],
    "tiers": [{"name": "优", "from": 90}, {"name": "良", "from": 60}, {"name": "差", "from": 0}],
}


def rate(code: str, good: int, whole: int) -> Counted:
    keys = tuple(f"20260901-{number:06}" for number in range(whole))
    return Counted(code, code, "", keys[:good], keys, {})


def unit(unit_id: str, kind: str = "town") -> Unit:
    return Unit(id=unit_id, name=unit_id, kind=kind)


def score(**figures: tuple[tuple[int, int], tuple[int, int]]) -> dict[str, Sheet]:
    """`score(a=((8, 10), (1, 10)))`: on time 8 of 10, returned 1 of 10."""
    made = {
        name: Figures([rate("on_time_close", *close), rate("returned", *returned)], [])
        for name, (close, returned) in figures.items()
    }
    found = sheets(Scheme(**SCHEME), [unit(name) for name in made], made, {})
    return {sheet.unit_id: sheet for sheet in found}


def test_points_are_in_proportion_and_every_late_ticket_costs_up_to_a_limit() -> None:
    sheet = score(a=((9, 10), (1, 10)))["a"]
    assert [line.points for line in sheet.lines] == [48.0, 32.0]
    assert (sheet.base, [extra.points for extra in sheet.extras], sheet.total, sheet.tier) == (80.0, [-2], 78.0, "良")
    assert score(a=((5, 10), (0, 10)))["a"].extras[0].points == -3


def test_better_than_full_earns_full_and_worse_than_zero_nothing() -> None:
    sheet = score(a=((10, 10), (9, 10)))["a"]
    assert [line.points for line in sheet.lines] == [60.0, 0.0]


def test_a_sample_that_is_too_small_is_not_scored_and_the_rest_is_stretched() -> None:
    sheet = score(a=((9, 10), (0, 3)))["a"]
    assert [line.points for line in sheet.lines] == [48.0, None]
    assert sheet.lines[1].note == "样本不足（3 件，至少 4 件）"
    assert sheet.base == 80.0
    assert sheet.note == "按能评分的 60 分折算为 100 分"


def test_too_little_to_score_gives_no_total_no_rank_no_tier() -> None:
    found = score(a=((9, 9), (0, 9)), b=((3, 3), (0, 10)), c=((0, 0), (0, 0)))
    assert [(sheet.total, sheet.rank, sheet.tier) for sheet in (found["b"], found["c"])] == [(None, None, "")] * 2
    assert found["b"].note.startswith("样本不足，不评分")
    assert found["c"].lines[0].note == "无数据"
    assert found["a"].rank == 1


def test_equal_totals_share_a_rank_and_the_next_one_is_skipped() -> None:
    found = score(a=((9, 10), (0, 10)), b=((9, 10), (0, 10)), c=((8, 10), (0, 10)), d=((10, 10), (0, 10)))
    assert {name: sheet.rank for name, sheet in found.items()} == {"d": 1, "a": 2, "b": 2, "c": 4}


def test_units_outside_the_groups_are_not_scored() -> None:
    made = {"x": Figures([rate("on_time_close", 9, 10)], [])}
    assert sheets(Scheme(**SCHEME), [unit("x", kind="other")], made, {}) == []


def test_points_given_count_and_no_total_falls_below_nothing() -> None:
    made = {"a": Figures([rate("on_time_close", 5, 10), rate("returned", 5, 10)], [])}
    found = sheets(Scheme(**SCHEME), [unit("a")], made, {"a": [Adjustment(5, "先进做法")]})
    assert found[0].total == 2.0
    assert found[0].extras[-1].name == "先进做法"
    assert sheets(Scheme(**SCHEME), [unit("a")], made, {"a": [Adjustment(-50, "通报")]})[0].total == 0.0


def test_an_upheld_ticket_leaves_numerator_and_denominator_and_is_said() -> None:
    before = rate("on_time_close", 2, 4)
    after = before.without([before.denominator[0], before.denominator[3], "20991231-000001"], "异议成立")
    assert (len(after.numerator), len(after.denominator)) == (1, 3 - 1)
    assert {why: len(keys) for why, keys in after.excluded.items()} == {"异议成立": 2}
    assert before.without(["20991231-000001"], "异议成立") is before


def test_comparing_shows_what_changes_and_who_is_new() -> None:
    old = score(a=((9, 10), (0, 10)), gone=((9, 10), (0, 10)))
    new = score(a=((10, 10), (0, 10)), new=((9, 10), (0, 10)))
    found = {change.unit_id: change for change in compare(list(old.values()), list(new.values()))}
    assert found["a"].points == pytest.approx(100 - 86)
    assert (found["new"].before, found["gone"].after) == (None, None)
    assert found["new"].points is None
