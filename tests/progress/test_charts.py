"""The chart of completion by building: shares, colours that print, and safe SVG."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from reportlab.graphics.shapes import Circle, Drawing, Rect, String

from app.progress.charts import (
    BAR_ROW,
    DONE,
    OUTLINE,
    WHITE,
    Bar,
    chart_height,
    completion_chart,
    text_width,
    to_svg,
)

LEGEND = ("已落实", "未落实")
SVG = "{http://www.w3.org/2000/svg}"


def chart(bars, columns=1):
    return completion_chart(bars, LEGEND, width=480, typeface="Helvetica", columns=columns)


def solid_and_track(drawing):
    """The widths of the bars, without the legend's two boxes."""
    boxes = [shape for shape in drawing.contents if isinstance(shape, Rect)][2:]
    tracks = [box.width for box in boxes if box.fillColor == WHITE]
    return [box.width for box in boxes if box.fillColor == DONE], tracks


@pytest.mark.parametrize(
    ("accounted_for", "total", "share"),
    [(1, 4, 0.25), (4, 4, 1.0), (0, 4, None), (0, 0, None), (5, 4, 1.0)],
)
def test_the_solid_part_is_the_share_accounted_for(accounted_for, total, share):
    solid, tracks = solid_and_track(chart([Bar("1幢", accounted_for, total, "")]))
    assert len(tracks) == 1
    assert solid == ([] if share is None else [pytest.approx(share * tracks[0])])


@pytest.mark.parametrize(
    ("count", "columns", "rows"), [(0, 1, 0), (1, 1, 1), (13, 2, 7), (120, 2, 60)]
)
def test_it_is_as_high_as_its_rows(count, columns, rows):
    drawing = chart([Bar(f"{number}幢", 1, 2, "1 / 2") for number in range(count)], columns)
    assert drawing.height == chart_height(count, columns) == 20 + rows * BAR_ROW


@pytest.mark.parametrize("columns", [1, 2])
@pytest.mark.parametrize("label", ["1幢", "阳光花园三期二标段十二号楼北侧商铺" * 4, "W" * 200])
def test_labels_bars_and_figures_stay_in_their_own_room(label, columns):
    drawing = chart([Bar(label, 1, 2, "1 / 2　50.0%")] * 4, columns)
    room = (480 - (columns - 1) * 22) / columns
    boxes = [shape for shape in drawing.contents if isinstance(shape, Rect)][2:]
    labels = [s for s in drawing.contents if isinstance(s, String)][2::2]
    figures = [s for s in drawing.contents if isinstance(s, String)][3::2]
    for box, text, figure in zip(boxes[::2], labels, figures, strict=True):
        assert text.x + text_width(text.text, text.fontSize) <= box.x
        assert box.width > room / 6
        assert box.x + box.width <= figure.x - text_width(figure.text, figure.fontSize)


def test_it_reads_without_colour():
    assert sum(DONE.rgb()) / 3 < 0.4
    assert sum(WHITE.rgb()) / 3 > 0.9
    assert sum(OUTLINE.rgb()) / 3 < 0.65


def test_svg_shows_the_same_as_the_drawing():
    svg = ET.fromstring(to_svg(chart([Bar("1幢", 1, 4, "1 / 4")]), title="各楼栋完成情况"))
    assert svg.attrib["viewBox"] == "0 0 480 36"
    assert svg.find(f"{SVG}title").text == "各楼栋完成情况"
    assert [text.text for text in svg.iter(f"{SVG}text")] == [*LEGEND, "1幢", "1 / 4"]
    *_, track, solid = svg.iter(f"{SVG}rect")
    assert float(solid.attrib["width"]) == pytest.approx(float(track.attrib["width"]) / 4, abs=0.01)
    assert solid.attrib["y"] == track.attrib["y"] == "24"


def test_a_page_may_give_the_drawing_its_own_colours():
    svg = ET.fromstring(to_svg(chart([Bar("1幢", 1, 4, "1 / 4")])))
    shapes = [*svg.iter(f"{SVG}rect"), *svg.iter(f"{SVG}text")]
    assert [shape.attrib["class"] for shape in svg.iter(f"{SVG}rect")][-2:] == [
        "chart__open", "chart__done",
    ]  # fmt: skip
    sheet = (Path(__file__).parents[2] / "static/css/content.css").read_text(encoding="utf-8")
    assert all(f".{shape.attrib['class']} {{ fill: var(" in sheet for shape in shapes)


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("a<b>&\"'", "a<b>&\"'"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("\x00\ud800\uffff1幢", "\ufffd\ufffd\ufffd1幢"),
        ("𫖯", "𫖯"),
    ],
)
def test_svg_holds_any_name_as_text(label, shown):
    svg = ET.fromstring(to_svg(chart([Bar(label, 1, 4, "")]), title=label))
    assert svg.find(f"{SVG}title").text == shown
    assert [text.text for text in svg.iter(f"{SVG}text")][2] == shown
    assert {element.tag for element in svg.iter()} <= {
        f"{SVG}{t}" for t in ("svg", "title", "rect", "text")
    }


def test_a_shape_it_can_not_write_is_an_error_not_a_hole():
    with pytest.raises(TypeError, match="Circle"):
        to_svg(Drawing(10, 10, Circle(5, 5, 5)))
