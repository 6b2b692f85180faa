"""What a spoken answer says, as a level or not at all. Pure.

Cautious on purpose: words that pull in both directions, questions and mere politeness are no answer, so that the
question is put again or a person asks.
"""

import re

from callcenter.core.text import normalise
from callcenter.followups.lifecycle import KEYS, Satisfaction, Solved, Subject

Level = Satisfaction | Solved

_NO_ANSWER = None
# The first alternative that fits at a place wins, so what denies or weakens a word stands before the word.
_SATISFACTION: tuple[tuple[str, Satisfaction | None], ...] = (
    (r"满不满意|满意(吗|么|没有|不满意|还是不满意)|是否满意|什么(叫)?满意", _NO_ANSWER),
    (r"(没有?|没什么|(并)?不是|并非|谈不上|说不上)(什么|觉得|感到)?不满意", Satisfaction.BASICALLY),
    (r"(不|没)(是)?(太|很|怎么|大|够|算|觉得|感到|能)*满意|(谈|说|算)不上满意|无法满意", Satisfaction.UNSATISFIED),
    (
        r"不(怎么|太|大)?(好|行|像话)(?!意思)|很差|太差|差劲|糟糕|敷衍|推诿|气死|失望|投诉(他|她|你)们",
        Satisfaction.UNSATISFIED,
    ),
    (r"(基本|比较|还算|总体|大体)(上)?(是|还)?满意|还(行|可以|好)|过得去|差不多", Satisfaction.BASICALLY),
    (r"(非常|十分|特别|很|挺|蛮|相当)?满意|(很|挺|蛮|非常|特别|真)(好|不错)|不错", Satisfaction.SATISFIED),
)
_SOLVED: tuple[tuple[str, Solved | None], ...] = (
    (r"(有)?(没有?|不)解决(吗|么)|解决(了)?(吗|么|没有|没)(?!.*(还|根本|仍))|是否解决|解不解决", _NO_ANSWER),
    (r"(部分|一半|一部分|有些|有的)(已经|都|是)?(解决|处理)|解决了?(一部分|一半|一些|一点|部分)", Solved.PARTLY),
    (r"(没|没有|未|尚未|不)(完全|彻底|全部)(解决|处理|弄|修)", Solved.PARTLY),
    (
        r"(没|没有|未|尚未|不曾|根本没|无法|不能|不)(有|真正|给我|得到|被|能)*(解决|处理|弄好|修好|办好|搞好)",
        Solved.UNSOLVED,
    ),
    (r"解决不了|处理不了|没人(管|来|处理)|还是(老样子|那样|一样)|(又|还)(坏|漏|堵|吵|反复)", Solved.UNSOLVED),
    (r"(已经|都|全部|全|彻底)?(解决|处理好|弄好|修好|办好|搞好)(了|完了|掉了)?", Solved.SOLVED),
)
_WORDS: dict[Subject, tuple[tuple[str, Level | None], ...]] = {
    Subject.UNIT: _SATISFACTION,
    Subject.HOTLINE: _SATISFACTION,
    Subject.SOLVED: _SOLVED,
}
_DIGITS = {"一": "1", "幺": "1", "二": "2", "两": "2", "三": "3"}
_NUMBER = re.compile(r"(?:我?[选按]|第)?([123一幺二两三])(?:号|键|个)?[吧了啊呀]?")
_BETWEEN = re.compile(r"[\s，。！？、；,.!?;]+")


def interpret(subject: Subject, text: str) -> Level | None:
    """The level the words say; None when they say none, or two that contradict each other."""
    said = _BETWEEN.sub("，", normalise(text)).strip("，")
    if number := _NUMBER.fullmatch(said):
        return KEYS[subject][_DIGITS.get(number[1], number[1])]
    found = _levels(subject, said)
    if len(found) == 1:
        return found.pop()
    if found == {Satisfaction.SATISFIED, Satisfaction.BASICALLY}:
        return Satisfaction.BASICALLY
    if found and found <= {Solved.SOLVED, Solved.PARTLY}:
        return Solved.PARTLY
    return None


def _levels(subject: Subject, said: str) -> set[Level]:
    found: set[Level] = set()
    at = 0
    while at < len(said):
        for pattern, level in _WORDS[subject]:
            if match := re.compile(pattern).match(said, at):
                if level is not None:
                    found.add(level)
                at = match.end()
                break
        else:
            at += 1
    return found
