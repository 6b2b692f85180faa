"""How written Chinese is read aloud on a hotline: numbers, times, letters; pure text in, text out.

Telephone, ticket and service numbers are read figure by figure with 幺 for 1 ("12345" 幺二三四五);
amounts are read as amounts. What a rule gets wrong is said right by giving the reading by hand.
"""

from __future__ import annotations

import re

import cn2an

FIGURES = dict(zip("0123456789", "零一二三四五六七八九", strict=True))
LETTERS = {
    **{"A": "诶", "B": "必", "C": "西", "D": "第", "E": "伊", "F": "艾弗", "G": "吉", "H": "诶尺", "I": "爱"},
    **{"J": "杰", "K": "开", "L": "艾勒", "M": "艾姆", "N": "恩", "O": "欧", "P": "批", "Q": "扣", "R": "阿尔"},
    **{"S": "艾丝", "T": "提", "U": "优", "V": "维", "W": "大不溜", "X": "艾克斯", "Y": "歪", "Z": "贼"},
}
COUNTED = "元块万亿人户件米亩平斤吨"  # after these a long number is an amount
SERVICE_NUMBERS = "110|112|114|119|120|122"
FULL_WIDTH = str.maketrans(
    "０１２３４５６７８９：％，．,!?;()",
    "0123456789:%,.,!?;,,",
)
PAUSES = str.maketrans(",!?;:", "，！？；：")
SAYABLE = re.compile(r"[^\u4e00-\u9fff，。！？；：、… ]")


def figures(digits: str, *, yao: bool = True) -> str:
    """Figure by figure: "12345" -> 幺二三四五; years keep 一 (yao=False)."""
    said = "".join(FIGURES[d] for d in digits)
    return said.replace("一", "幺") if yao else said


def amount(digits: str) -> str:
    """As an amount: "4200" -> 四千二百, "3.5" -> 三点五."""
    return str(cn2an.an2cn(digits))


def reading(text: str) -> str:
    """The text as it is to be spoken: Chinese characters and pauses only."""
    said = text.translate(FULL_WIDTH)
    said = re.sub(
        r"(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)",
        lambda m: f"{figures(m[1], yao=False)}年{amount(m[2])}月{amount(m[3])}日",
        said,
    )
    said = re.sub(r"(\d{4})(?=年)", lambda m: figures(m[1], yao=False), said)
    said = re.sub(r"(?<!\d)(\d{1,2}):(\d{2})(?!\d)", _clock, said)
    said = re.sub(r"(\d+(?:\.\d+)?)%", lambda m: f"百分之{amount(m[1])}", said)
    said = re.sub(rf"\d[\d-]{{3,}}\d(?![\d{COUNTED}])", lambda m: figures(m[0].replace("-", "")), said)
    said = re.sub(rf"(?<!\d)(?:{SERVICE_NUMBERS})(?!\d)", lambda m: figures(m[0]), said)
    said = re.sub(r"(?<!\d)2(?=[个位次件点天年])", "两", said)
    said = re.sub(r"\d+(?:\.\d+)?", lambda m: amount(m[0]), said)
    said = "".join(LETTERS.get(c.upper(), c) for c in said)
    return SAYABLE.sub("", said.translate(PAUSES)).strip()


def _clock(match: re.Match[str]) -> str:
    hour, minute = int(match[1]), int(match[2])
    if minute == 0:
        return f"{amount(str(hour))}点"
    return f"{amount(str(hour))}点{'零' if minute < 10 else ''}{amount(str(minute))}分"


def clauses(said: str, longest: int = 32) -> list[str]:
    """Cut a reading at its pauses into pieces that a synthesiser speaks well, each keeping its mark."""
    pieces: list[str] = []
    for sentence in re.findall(r"[^。！？；]+[。！？；]?", said):
        piece = ""
        for part in re.findall(r"[^，、：]+[，、：]?", sentence.strip()):
            if piece and len(piece) + len(part) > longest:
                pieces.append(piece)
                piece = ""
            piece += part
        if piece:
            pieces.append(piece)
    return pieces
