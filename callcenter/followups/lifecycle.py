"""States of a follow-up and of each attempt to reach the citizen, and what an outcome leads to. Pure."""

from enum import StrEnum


class Satisfaction(StrEnum):
    """Four levels; who said nothing is not satisfied and not dissatisfied."""

    SATISFIED = "satisfied"
    BASICALLY = "basically"
    UNSATISFIED = "unsatisfied"
    UNRATED = "unrated"

    @property
    def is_favourable(self) -> bool:
        return self in (Satisfaction.SATISFIED, Satisfaction.BASICALLY)


class Solved(StrEnum):
    """Whether the matter is solved, as the citizen sees it."""

    SOLVED = "solved"
    PARTLY = "partly"
    UNSOLVED = "unsolved"
    UNRATED = "unrated"


class FollowUpStatus(StrEnum):
    """Where a follow-up stands."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    SMS_SENT = "sms_sent"
    """Calling was in vain: the citizen has a link, for some days."""
    DONE = "done"
    DECLINED = "declined"
    UNREACHED = "unreached"
    CANCELLED = "cancelled"
    """The ticket went elsewhere meanwhile."""


class Outcome(StrEnum):
    """What came of one attempt."""

    ANSWERED = "answered"
    HUNG_UP_EARLY = "hung_up_early"
    NO_VALID_ANSWER = "no_valid_answer"
    """Listened to the questions, and gave none of the answers offered."""
    MACHINE = "machine"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"
    CONGESTED = "congested"
    CANCELLED = "cancelled"
    """The surveyor hung up while the citizen's phone rang."""
    FAILED = "failed"
    WRONG_NUMBER = "wrong_number"
    REFUSED = "refused"
    DESK_NO_ANSWER = "desk_no_answer"
    NOT_PLACED = "not_placed"
    UNKNOWN = "unknown"
    """Ordered, and nothing was heard of it: the citizen may have been called."""


class How(StrEnum):
    """Who talks with the citizen."""

    PERSON = "person"
    ROBOT = "robot"


class Source(StrEnum):
    """Where an answer came from."""

    PERSON = "person"
    KEYS = "keys"
    SPEECH = "speech"
    LINK = "link"


class Subject(StrEnum):
    """What a question asks about; names as the dialplan reports them."""

    UNIT = "unit"
    SOLVED = "solved"
    HOTLINE = "hotline"


class Team(StrEnum):
    """Who works a follow-up."""

    SURVEYORS = "surveyors"
    LEADERS = "leaders"
    """Those who call back what a leader took."""


class Exclusion(StrEnum):
    """Why a follow-up is not to count against the unit; only once approved, and printed beside the rate."""

    UNREASONABLE = "unreasonable"
    OUTSIDE_DUTY = "outside_duty"


class ExclusionState(StrEnum):
    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"


ENDED = (FollowUpStatus.DONE, FollowUpStatus.DECLINED, FollowUpStatus.UNREACHED, FollowUpStatus.CANCELLED)
CITIZEN_NOT_DIALLED = (Outcome.DESK_NO_ANSWER, Outcome.NOT_PLACED)
"""These do not count as an attempt to reach the citizen."""
NUMBER_IS_WRONG = (Outcome.WRONG_NUMBER,)
NEEDS_A_PERSON = (Outcome.HUNG_UP_EARLY, Outcome.NO_VALID_ANSWER, Outcome.UNKNOWN, Outcome.FAILED)
"""After these the dialler leaves it to people."""
SAID_BY_PEOPLE = (
    Outcome.ANSWERED,
    Outcome.HUNG_UP_EARLY,
    Outcome.MACHINE,
    Outcome.WRONG_NUMBER,
    Outcome.REFUSED,
    Outcome.NO_ANSWER,
    Outcome.BUSY,
)
"""What a surveyor may say of a call they made: the line cannot know who it was that answered."""
KEYS: dict[Subject, dict[str, Satisfaction | Solved]] = {
    Subject.UNIT: dict(
        zip("123", (Satisfaction.SATISFIED, Satisfaction.BASICALLY, Satisfaction.UNSATISFIED), strict=True)
    ),
    Subject.SOLVED: dict(zip("123", (Solved.SOLVED, Solved.PARTLY, Solved.UNSOLVED), strict=True)),
    Subject.HOTLINE: dict(
        zip("123", (Satisfaction.SATISFIED, Satisfaction.BASICALLY, Satisfaction.UNSATISFIED), strict=True)
    ),
}
"""What each key says; the prompts say the same (a test compares them)."""

SATISFACTION_NAMES = {
    Satisfaction.SATISFIED: "满意",
    Satisfaction.BASICALLY: "基本满意",
    Satisfaction.UNSATISFIED: "不满意",
    Satisfaction.UNRATED: "未评价",
}
SOLVED_NAMES = {
    Solved.SOLVED: "已解决",
    Solved.PARTLY: "部分解决",
    Solved.UNSOLVED: "未解决",
    Solved.UNRATED: "未评价",
}
STATUS_NAMES = {
    FollowUpStatus.WAITING: "待回访",
    FollowUpStatus.CLAIMED: "回访中",
    FollowUpStatus.SMS_SENT: "已发短信待评价",
    FollowUpStatus.DONE: "已评价",
    FollowUpStatus.DECLINED: "拒绝评价",
    FollowUpStatus.UNREACHED: "未联系上",
    FollowUpStatus.CANCELLED: "已取消",
}
OUTCOME_NAMES = {
    Outcome.ANSWERED: "接听",
    Outcome.HUNG_UP_EARLY: "中途挂机",
    Outcome.NO_VALID_ANSWER: "没有有效回答",
    Outcome.MACHINE: "答录机或语音信箱",
    Outcome.BUSY: "占线",
    Outcome.NO_ANSWER: "无人接听",
    Outcome.REJECTED: "拒接",
    Outcome.UNREACHABLE: "关机或不在服务区",
    Outcome.CONGESTED: "线路繁忙",
    Outcome.CANCELLED: "接通前取消",
    Outcome.FAILED: "呼叫失败",
    Outcome.WRONG_NUMBER: "号码错误",
    Outcome.REFUSED: "拒绝评价",
    Outcome.DESK_NO_ANSWER: "回访员话机未接",
    Outcome.NOT_PLACED: "未拨出",
    Outcome.UNKNOWN: "拨出后情况不明",
}
EXCLUSION_NAMES = {Exclusion.UNREASONABLE: "诉求不合理", Exclusion.OUTSIDE_DUTY: "不属职责范围"}
