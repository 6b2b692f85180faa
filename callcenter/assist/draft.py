"""A draft of the ticket, taken from what was said: title, summary, and elements with the words they came from. Pure.

Nothing is made up: the summary is the caller's own sentences, an element without a clear source stays blank.
"""

import re
from dataclasses import dataclass

from callcenter.routing.facts import Decision

SURE = 0.5
"""Elements less sure than this are left blank."""
LONGEST_SUMMARY = 160
SIGNAL = "S-"
"""Rules of stage `signal` note how something is said, not what."""
_SENTENCE = re.compile(r"[^。!?;！？；\n]+")
_GREETING = re.compile(r"^(?:喂|你好|您好|同志|请问|嗯|哦|那个|就是|我想问一下|我跟你[讲说]|[,，、\s])+")
_NUMBER = r"(?:\d{1,2}|[一二两三四五六七八九十]{1,3})"
_WHEN = re.compile(
    r"(?:(?:今天|昨天|前天|昨晚|今晚|今早|刚才|刚刚|大前天|上(?:个)?月|上(?:个)?星期|上周|这(?:个)?星期|这周|去年|前年|今年)"
    rf"(?:早上|上午|中午|下午|傍晚|晚上|半夜|凌晨|夜里)?(?:{_NUMBER}点半?)?"
    rf"|{_NUMBER}月{_NUMBER}[号日](?:早上|上午|中午|下午|晚上)?|{_NUMBER}[号日](?:早上|上午|下午|晚上)?|(?:早上|上午|中午|下午|晚上|半夜|凌晨){_NUMBER}点半?"
    rf"|(?:已经)?{_NUMBER}(?:个)?(?:多)?(?:月|星期|礼拜|天|年)(?:了|以来|没)|每天晚上|天天晚上|每天半夜)"
)
_WANTS = re.compile(r"(?:希望|要求|想要?|能不能|可不可以|请你们|麻烦|帮我|叫他们|让他们|要他们|应该给)[^,，。]{2,30}")
_NAME = re.compile(r"(?:我姓(?P<family>[\u4e00-\u9fff])|我(?:叫|是)(?P<name>[\u4e00-\u9fff]{2,3})(?=[,，。]|住|，))")
_HOUSE = re.compile(rf"{_NUMBER}(?:幢|栋|号楼|单元|弄|号|室)(?:{_NUMBER}(?:单元|室|号))?")
_BY_FORM = re.compile(
    r"(?:镇|街道|[在住是到的边,，。]|^)(?P<name>[^\W\d_a-zA-Z的里住在我们你他她那这是到边门口不了有去]{2,4}?(?:小区|新村|花园|公寓|家园|苑|社区|大道|[路街村](?![口边上里民委])))"
)
_NOT_A_NAME = re.compile(r"[的在人你他她我们是]")


@dataclass(frozen=True)
class Element:
    """One thing a ticket must say; `value` is empty when it is not known well enough."""

    name: str
    label: str
    value: str
    words: str
    """The caller's words it came from."""
    confidence: float


@dataclass(frozen=True)
class Draft:
    """What the ticket could say."""

    title: str
    summary: str
    elements: tuple[Element, ...]


def named_by_form(text: str, decision: Decision) -> str:
    """A place named like one (雅风花园) that the gazetteer does not have; empty when none is said."""
    match = _BY_FORM.search(text)
    name = match["name"] if match else ""
    for known in decision.places:
        name = name.removeprefix(known.words)
    return name


def draft(text: str, decision: Decision) -> Draft:
    """The draft of what has been said so far."""
    sentences = [said for match in _SENTENCE.finditer(text) if (said := _GREETING.sub("", match.group()).strip(" ,，"))]
    words = {word for reason in decision.reasons if not reason.rule.startswith(SIGNAL) for word in reason.words}
    elements = (_who(text), _when(text), _where(text, decision), _what(sentences, words, decision), _wants(text))
    return Draft(_title(text, decision), _summary(sentences, words), elements)


def _title(text: str, decision: Decision) -> str:
    if not decision.topic:
        return ""
    place = _named(decision) or named_by_form(text, decision)
    return f"{decision.town}{place if place != decision.town else ''}{decision.topic.split('-')[-1]}"


def _summary(sentences: list[str], words: set[str]) -> str:
    """The sentences that carry the decision, in the order in which they were said."""
    ranked = sorted(range(len(sentences)), key=lambda n: (-_weight(sentences[n], words), n))
    kept: list[int] = []
    length = 0
    for n in ranked:
        if not _weight(sentences[n], words) and kept:
            break
        if length + len(sentences[n]) > LONGEST_SUMMARY and kept:
            continue
        kept.append(n)
        length += len(sentences[n])
    return "。".join(sentences[n][:LONGEST_SUMMARY] for n in sorted(kept))


def _weight(sentence: str, words: set[str]) -> int:
    weight = sum(word in sentence for word in words) + 2 * bool(_WANTS.search(sentence))
    return weight + bool(_WHEN.search(sentence)) if weight else 0


def _who(text: str) -> Element:
    match = _NAME.search(text)
    said = (match["family"] or match["name"]) if match else ""
    if match is None or not said or _NOT_A_NAME.search(said):
        return _element("who", "来电人", "", "", 0.0)
    return _element("who", "来电人", said, match.group(), 0.9 if match["family"] else 0.6)


def _when(text: str) -> Element:
    match = _WHEN.search(text)
    said = match.group() if match else ""
    return _element("when", "时间", said, said, 0.8 if said else 0.0)


def _where(text: str, decision: Decision) -> Element:
    best = next((place for place in decision.places if place.name != decision.town), None)
    house = _HOUSE.search(text)
    if best is None and (name := named_by_form(text, decision)):
        said = name + (house.group() if house else "")
        return _element("where", "地点", decision.town + said, said, 0.6)
    best = best or next(iter(decision.places), None)
    if best is None:
        return _element("where", "地点", decision.town, "", 0.6 if decision.town else 0.0)
    name = "" if best.name == decision.town else best.name
    value = f"{decision.town or best.town}{name}{house.group() if house else ''}"
    said = best.words + (house.group() if house else "")
    return _element("where", "地点", value, said, best.confidence)


def _what(sentences: list[str], words: set[str], decision: Decision) -> Element:
    best = max(sentences, key=lambda said: (_weight(said, words), -len(said)), default="")
    sure = 0.9 if decision.topic and not decision.opinion else 0.4
    return _element("what", "事项", best[:LONGEST_SUMMARY], best, sure if best else 0.0)


def _wants(text: str) -> Element:
    found = [match.group() for match in _WANTS.finditer(text)]
    return _element("wants", "诉求", found[-1] if found else "", found[-1] if found else "", 0.7 if found else 0.0)


def _named(decision: Decision) -> str:
    return next((p.name for p in decision.places if p.confidence >= SURE and p.name not in (p.town, decision.town)), "")


def _element(name: str, label: str, value: str, words: str, confidence: float) -> Element:
    return Element(name, label, value if confidence >= SURE else "", words, round(confidence, 2))
