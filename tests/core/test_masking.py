"""No full number reaches a screen or a log."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.core.masking import mask_identity, mask_name, mask_number, mask_text, masking_processor

pytestmark = pytest.mark.unit

MOBILES = st.from_regex(r"\A1[3-9]\d{9}\Z")


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13893112345", "138****2345"),
        ("+8613893112345", "+86*******2345"),
        ("09318888888", "093****8888"),
        ("8888888", "88***88"),
        ("12345", "12345"),
        ("", "未显示号码"),
        (None, "未显示号码"),
    ],
)
def test_numbers(number: str | None, shown: str) -> None:
    assert mask_number(number) == shown


def test_names_and_identity_numbers() -> None:
    assert (mask_name("张三丰"), mask_name(""), mask_name(None)) == ("张**", "", "")
    assert mask_identity("620102199001011234") == "620102**********34"
    assert mask_identity("1234") == "****"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("来电 13893112345 已接通", "来电 138****2345 已接通"),
        ("PJSIP/13893112345-0000001a", "PJSIP/138****2345-0000001a"),
        ("Local/13893112345@outbound-00000001;1", "Local/138****2345@outbound-00000001;1"),
        ("0931-8888888", "093*****8888"),
        ("138-9311-2345", "138******2345"),
        ("身份证62010219900101123X,", "身份证620102**********3X,"),
        ("工单 20261123-000123", "工单 20261123-000123"),
        ("3f0c0e6e-7d0a-4c7b-9a51-123456789012", "3f0c0e6e-7d0a-4c7b-9a51-123456789012"),
        ("拨打12345", "拨打12345"),
    ],
)
def test_free_text(text: str, shown: str) -> None:
    assert mask_text(text) == shown


@given(MOBILES, st.sampled_from(["{}", "PJSIP/{}-1", "sip:{}@127.0.0.1", "({})", "tel:+86{}", '"{}"', "号码{}。"]))
def test_a_mobile_number_never_survives(number: str, around: str) -> None:
    assert number not in mask_text(around.format(number))


def test_log_lines_are_masked_at_any_depth() -> None:
    class Odd:
        def __str__(self) -> str:
            return "from 13893112345"

    line = masking_processor(
        None,
        "info",
        {
            "event": "call 13893112345",
            "timestamp": "2026-09-30T08:00:00.1234567Z",
            "seconds": 12345678,
            "fields": {"caller": "13893112345", "legs": ["13893112345"]},
            "odd": Odd(),
        },
    )
    assert "13893112345" not in str(line)
    assert (line["timestamp"], line["seconds"]) == ("2026-09-30T08:00:00.1234567Z", 12345678)
