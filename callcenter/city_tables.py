"""`callcenter tables`: every table of the shift that a city edits, checked before it is put in place."""

from pathlib import Path
from typing import Annotated

import typer

from callcenter.directory import arrivals, rota
from callcenter.quality import sheet
from callcenter.reports import thresholds
from callcenter.supervision import calling


def tables(folder: Annotated[Path, typer.Argument(help="规则文件夹")] = Path("routing_rules")) -> None:
    """检查队列、来电规则、值班表、大屏阈值和质检标准各表。"""
    rows = arrivals.check(folder / "city") + rota.check(folder / "city")
    rows += len(calling.load_pace(folder / calling.PACE_FILE))
    rows += len(thresholds.load(folder / thresholds.THRESHOLDS_FILE))
    standard = sheet.load(folder / sheet.FOLDER)
    rows += len(standard.items) + len(standard.phrases) + len(standard.limits)
    typer.echo(f"各表正确：{rows} 行；质检满分 {standard.full} 分。")
