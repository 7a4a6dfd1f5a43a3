"""Makes the workbooks of the corpus, once: ``python -m tests.residents.corpus.make FOLDER``.

The .xlsx come from XlsxWriter; for .xls and .ods LibreOffice (``soffice``) turns such a file into
the other format. The tests read the files that are kept beside this, and need neither.
"""

import subprocess
import sys
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from xlsxwriter import Workbook

Cell = str | float | date | None
Rows = list[list[Cell]]


@dataclass
class Sheet:
    """A sheet with what no list of rows can say. Merged ranges are as in ``A3:A5``."""

    rows: Rows
    name: str = "Sheet1"
    merged: tuple[str, ...] = ()
    hidden_rows: tuple[int, ...] = ()
    hidden_columns: str = ""
    hidden: bool = False
    formulas: dict[str, str] = field(default_factory=dict)


def one(rows: Rows, **more) -> list[Sheet]:
    return [Sheet(rows, **more)]


HEADER = ["序号", "楼栋", "单元", "室", "姓名", "联系电话", "备注"]

BOOKS: dict[str, list[Sheet]] = {
    "titles.xlsx": one(
        [
            ["中桥社区居民花名册"],
            ["填表说明：带*的必填，电话请填手机"],
            ["单位（盖章）：中桥社区居委会", None, None, None, "2026年3月2日"],
            [],
            ["序号", "姓名*", "联系电话*", "住址"],
            [1, "王小桥", 13812340001, "3幢2单元501室"],
            [2, "李秋禾", 13812340002, "3幢2单元502室"],
            [],
            ["合计", 2],
            ["填表人：周书记", None, "制表日期：2026-03-02"],
        ],
        merged=("A1:D1", "A2:D2"),
    ),
    "merged-buildings.xlsx": one(
        [
            ["观音花苑居民信息表"],
            HEADER,
            [1, "3幢", "2单元", 501, "王小桥", 13812340001, None],
            [2, None, None, 502, "李秋禾", 13812340002, "独居"],
            [3, None, "3单元", 101, "张木子", 13812340003, None],
            [4, "4幢", "1单元", 301, "陈方圆", 13812340004, None],
            [5, None, None, 302, "吴可心", 13812340005, None],
        ],
        merged=("A1:G1", "B3:B5", "C3:C4", "B6:B7", "C6:C7"),
    ),
    "merged-households.xlsx": one(
        [
            ["户号", "地址", "姓名", "与户主关系", "联系电话"],
            ["H01", "3-2-501", "王小桥", "户主", 13812340001],
            [None, None, "李秋禾", "妻子", None],
            [None, None, "王一诺", "儿子", 13812340003],
            ["H02", "3-2-502", "张木子", "户主", 13812340004],
            [None, None, "陈方圆", "母亲", None],
        ],
        merged=("A2:A4", "B2:B4", "A5:A6", "B5:B6", "E5:E6"),
    ),
    "merged-names.xlsx": one(
        [
            ["室", "姓名", "电话"],
            [101, "王小桥", 13812340001],
            [None, None, "0513-85123456"],
            [102, "李秋禾", 13812340002],
        ],
        merged=("A2:A3", "B2:B3"),
    ),
    "two-row-header.xlsx": one(
        [
            ["中桥社区住户登记表"],
            ["序号", "姓名", "住址", None, None, "联系方式", None, "备注"],
            [None, None, "楼栋", "单元", "室", "手机", "座机", None],
            [1, "王小桥", 3, 2, 501, 13812340001, "85123456", None],
            [2, "李秋禾", 3, 2, 502, None, "85123457", "晚上在家"],
        ],
        merged=("A1:H1", "A2:A3", "B2:B3", "C2:E2", "F2:G2", "H2:H3"),
    ),
    "two-row-header-others.xlsx": one(
        [
            ["居民", None, "紧急联系人", None],
            ["姓名", "电话", "姓名", "电话"],
            ["王小桥", 13812340001, "王大桥", 13912340001],
            ["李秋禾", 13812340002, "李大禾", 13912340002],
        ],
        merged=("A1:B1", "C1:D1"),
    ),
    "a-sheet-a-building.xlsx": [
        Sheet(
            [["室", "姓名", "电话"], [101, "王小桥", 13812340001], [102, "李秋禾", "同上"]], "1号楼"
        ),
        Sheet([["室", "姓名", "电话"], [201, "张木子", 13812340003]], "二号楼"),
        Sheet([["随便写写"], ["没有表头"]], "草稿"),
        Sheet([["室", "姓名", "电话"], [101, "示例", 13800000000]], "填写示例"),
    ],
    "a-sheet-a-unit.ods": [
        Sheet([["房号", "户主", "手机"], ["501", "王小桥", 13812340001]], "3幢1单元"),
        Sheet([["房号", "户主", "手机"], ["502", "李秋禾", 13812340002]], "3幢2单元"),
    ],
    "hidden.xlsx": [
        Sheet(
            [
                ["姓名", "电话", "备注"],
                ["王小桥", 13812340001, "在家"],
                ["李秋禾", 13812340002, None],
                ["张木子", 13812340003, None],
            ],
            hidden_rows=(3,),
            hidden_columns="C:C",
        ),
        Sheet([["姓名", "电话"], ["陈方圆", 13812340004]], "旧表", hidden=True),
    ],
    "floats.xlsx": one(
        [
            ["姓名", "联系电话", "社区代码", "楼号", "房号"],
            ["王小桥", 1.3812340001e10, 320613009001.0, 3.0, 501.0],
            ["李秋禾", "1.3812340002E+10", "320613009001", "3", "0502"],
            ["张木子", "13812340003.0", None, None, None],
            ["陈方圆", 1.38e10, None, None, None],
        ]
    ),
    "dates.xlsx": one(
        [
            ["姓名", "出生日期", "登记日期", "电话", "房号"],
            ["王小桥", date(1956, 3, 2), 46083, 13812340001, 501],
            ["李秋禾", date(1961, 11, 30), 46084, 13812340002, 502],
        ]
    ),
    "private.xlsx": one(
        [
            ["姓名", "身份证号码", "电话", "银行卡号", "开户行", "编码", "备注"],
            [
                "王小桥",
                "320613195603020011",
                13812340001,
                "6222021111014545671",
                "中国银行",
                "320602196111300020",
                "身份证320613195603020011",
            ],
            [
                "李秋禾",
                "32061319611130002X",
                13812340002,
                "6222021111014545689",
                "农业银行",
                "320602196111300047",
                None,
            ],
        ]
    ),
    "formulas.ods": one(
        [
            ["序号", "姓名", "电话"],
            [1, "王小桥", 13812340001],
            [2, "李秋禾", 13812340002],
            [3, "张木子", 13812340003],
        ],
        formulas={"A3": "=A2+1", "B4": '="张"&"木子"'},
    ),
    "no-header.xlsx": one(
        [
            [1, "王小桥", "3幢2单元501室", 13812340001],
            [2, "李秋禾", "3幢2单元502室", 13812340002],
            [3, "张木子", "3幢2单元503室", "空号"],
            [4, "陈方圆", "3幢2单元504室", 13812340004],
        ]
    ),
    "odd-headers.xlsx": one(
        [
            ["楼盘", "几号楼", "谁", "怎么找他", "老家"],
            ["观音花苑", "3幢", "王小桥", 13812340001, "如皋"],
            ["观音花苑", "3幢", "李秋禾", 13812340002, "海安"],
            ["观音花苑", "4幢", "张木子", "0513-85123456", "本地"],
        ]
    ),
    "old.xls": one(
        [
            ["社区居民名册"],
            HEADER,
            [1, "3幢", "2单元", 501, "王小桥", 13812340001, "党员"],
            [2, "3幢", "2单元", 502, "李秋禾", "138-1234-0002", None],
            ["合计", 2],
        ],
        merged=("A1:G1",),
    ),
    "merged-buildings.xls": one(
        [
            HEADER,
            [1, "3幢", "2单元", 501, "王小桥", 13812340001, None],
            [2, None, None, 502, "李秋禾", 13812340002, None],
            [3, None, "3单元", 101, "张木子", 13812340003, None],
        ],
        merged=("B2:B4", "C2:C3"),
        hidden_rows=(3,),
        hidden_columns="G:G",
        name="中桥",
    ),
    "merged-buildings.ods": one(
        [
            HEADER,
            [1, "3幢", "2单元", 501, "王小桥", 13812340001, None],
            [2, None, None, 502, "李秋禾", 13812340002, None],
            [3, None, "3单元", 101, "张木子", 13812340003, "两行\n备注"],
        ],
        merged=("B2:B4", "C2:C3"),
        hidden_rows=(3,),
        hidden_columns="G:G",
    ),
    "repeated-headers.xls": one(
        [
            ["序号", "姓名", "电话", "住址"],
            [1, "王小桥", 13812340001, "1#101"],
            [],
            ["序号", "姓 名", "电话", "住址"],
            [2, "李秋禾", 13812340002, "1#102"],
            ["第1页 共2页"],
        ]
    ),
    "far-corner.xls": one([["x"], *[[] for _ in range(65534)], [*[None] * 255, "x"]]),
    "wps.ods": one(
        [
            ["小区名称", "楼栋号", "单元号", "门牌号", "业主姓名", "手机号码", "方言", "特殊情况"],
            ["观音花苑", 3, 2, 501, "王小桥", 13812340001, "南通话", "行动不便"],
            ["观音花苑", 3, 2, 501, "王小桥", 13812340001, "南通话", "行动不便"],
            ["新城家园", "12栋东", None, 101, "李秋禾", 13812340002, "普通话", None],
        ]
    ),
    "english.xlsx": one(
        [
            ["No.", "Full Name", "Building", "Unit", "Room", "Mobile", "Language", "Notes"],
            [1, "John A. Smith", "3", "2", "501", "+44 20 7946 0958", "English", "visiting"],
            [2, "王小桥", "3", "2", "502", "+86 138 1234 0001", "中文", None],
        ]
    ),
}


def write(path: Path, sheets: list[Sheet]) -> None:
    with Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for sheet in sheets:
            page = book.add_worksheet(sheet.name)
            for area in sheet.merged:
                page.merge_range(area, "")
            for number, row in enumerate(sheet.rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, date):
                        page.write_datetime(number, column, cell, day)
                    elif cell is not None:
                        page.write(number, column, cell)
            for cell, formula in sheet.formulas.items():
                page.write_formula(cell, formula)
            for row in sheet.hidden_rows:
                page.set_row(row - 1, None, None, {"hidden": True})
            if sheet.hidden_columns:
                page.set_column(sheet.hidden_columns, None, None, {"hidden": True})
            if sheet.hidden:
                page.hide()


def main(folder: Path) -> None:
    for name, sheets in BOOKS.items():
        path = (folder / name).with_suffix(".xlsx")
        kind = Path(name).suffix
        if kind != ".xlsx":
            path = folder / "unconverted" / path.name
            path.parent.mkdir(exist_ok=True)
        write(path, sheets)
        if kind != ".xlsx":
            command = ["soffice", "--headless", "--convert-to", kind[1:], "--outdir", folder, path]
            subprocess.run(command, check=True)
            path.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
