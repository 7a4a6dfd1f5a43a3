"""The handoff sheet on paper, read back from its bytes as a reader's program would."""

import io
import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pypdf
import pypdfium2
import pytest

from app.reports.furniture import RIGHT, plain
from app.reports.handoff.drawing import render
from app.reports.handoff.value import NumberLine
from app.reports.handoff.wording import handoff_wording
from tests.reports.sample import RARE
from tests.reports.sheets import MADE_AT, NOTE, appointment, person, sample_sheet, told_of
from tests.reports.test_completion import (
    HOSTILE,
    assert_inert,
    pages,
    squeezed,
    text_of,
    with_text_everywhere,
)

LANGUAGES = pytest.mark.parametrize("lang", ["zh", "en"])


@LANGUAGES
def test_everything_it_was_given_is_printed(lang):
    sheet = sample_sheet(
        lang, groups=((told_of(1),), (person(2),)), queued=("王**",),
        appointments=(appointment(until=MADE_AT + timedelta(hours=2)), appointment(None)),
    )  # fmt: skip
    words, text = handoff_wording(lang), text_of(render(sheet))
    expected = [
        *(sheet.campaign, *sheet.communities, sheet.giver, sheet.taker, sheet.note, "18,234"),
        *("核对完成6", "无人接听8", "1.2.3", "周秀英", "女儿七点到家"),
        *("139 0000 0001", "139 0000 0002", person(1).name, person(2).name, "独居，耳背"),
        words.for_whom.format(name="志愿者甲"),
        words.span(MADE_AT + timedelta(hours=1), MADE_AT + timedelta(hours=2), 2026),
        words.in_list.format(place=1),
        words.from_queue,
        words.not_before.format(moment=words.at(MADE_AT + timedelta(hours=2), 2026)).strip(),
        words.declined.format(name="志愿者丙").strip(),
        words.language_barrier.format(name="志愿者丁").strip(),
        words.speaks.format(language="如东话").strip(),
        words.dialled.format(moment=words.short(MADE_AT - timedelta(minutes=8), 2026)),
        words.rung.format(count=2, what="婉拒"),
        words.said.format(moment=words.short(NOTE.at, 2026), name=NOTE.by, note=NOTE.text),
        words.not_rung,
        words.rule,
        words.queued.format(count=1, name="志愿者乙", names="王**"),
    ]
    assert [part for part in expected if squeezed(part) not in text] == []


@LANGUAGES
def test_twenty_who_are_left_are_on_one_page(lang):
    found = pages(render(sample_sheet(lang, appointments=(appointment(),))))

    assert len(found) == 1
    assert person(20).name in found[0]


@LANGUAGES
@pytest.mark.parametrize("left", [1, 60])
def test_every_page_has_the_head_its_number_and_the_rule(lang, left):
    words, found = handoff_wording(lang), pages(render(sample_sheet(lang, left)))
    assert (len(found) > 1) == (left > 1)
    for page in found:
        assert words.by_hand in page
        assert squeezed(words.rule) in squeezed(page)
    together = "".join(found)
    assert [n for n in range(1, left + 1) if person(n).name not in together] == []


@LANGUAGES
def test_nothing_left_is_said(lang):
    words = handoff_wording(lang)
    text = text_of(render(sample_sheet(lang, 0, results=(), calls=0)))
    for sentence in (words.nothing_left, words.no_appointments, words.nothing_done):
        assert squeezed(sentence) in text
    assert squeezed(words.by_hand) not in text


@LANGUAGES
def test_what_could_not_be_passed_on_is_not_called_done(lang):
    words, text = handoff_wording(lang), text_of(render(sample_sheet(lang, 0, queued=("王**",))))
    assert squeezed(words.nothing_passed) in text
    assert squeezed(words.nothing_left) not in text
    assert "王**" in text


@LANGUAGES
def test_what_went_to_the_pool_says_to_ask_before_ringing(lang):
    words, text = handoff_wording(lang), text_of(render(sample_sheet(lang, taker=None)))
    assert squeezed(words.pool) in text
    assert squeezed(words.left_pool.format(count=20)) in text


def test_names_and_numbers_are_large_enough_to_read():
    sizes = {}

    def note_size(text, _matrix, _position, _font, size):
        if text.strip():
            sizes[text.strip()] = size

    sheet = sample_sheet(left=3, appointments=(appointment(),))
    pypdf.PdfReader(io.BytesIO(render(sheet))).pages[0].extract_text(visitor_text=note_size)
    read = {part: size for text, size in sizes.items() for part in text.split("\n")}
    for text in (person(2).name, "139 0000 0002", "周秀英"):
        assert read[text] >= 10
    assert max(size for text, size in read.items() if "18:55" in text) >= 13


def test_a_household_stays_on_one_page_with_its_number_written_once():
    shared = (NumberLine("0513-8512 3456 转801", shared_by=8),)
    for before in range(14, 24):
        alone = tuple((person(n),) for n in range(1, before))
        home = tuple(replace(person(n), numbers=shared) for n in range(before, before + 8))
        found = pages(render(sample_sheet(groups=(*alone, home))))
        (page,) = (page for page in found if "0513-8512 3456" in page)
        assert all(line.name in page for line in home), before
        assert page.count("0513-8512 3456") == 1
        assert page.count("号码同上") == 7
        assert "8 人共用" in page


def test_a_number_that_proved_wrong_says_so():
    wrong = replace(person(1), numbers=(NumberLine("138 1234 5678", wrong=True),))
    assert "打不通或不是本人" in text_of(render(sample_sheet(groups=((wrong,),))))


def test_long_notes_are_cut_and_rows_never_run_off_the_paper():
    long = replace(told_of(1), notes=(replace(NOTE, text="长话短说" * 500),) * 2, remark="备" * 900)
    sheet = sample_sheet("zh", groups=((long, long, long), (long,)), note="交" * 2000)
    assert "…" in text_of(render(sheet))
    assert_inside(render(sheet))
    assert_inside(render(with_text_everywhere(told(), "W" * 60 + "王" * 60)))


def told():
    return sample_sheet(
        groups=((told_of(1), told_of(2)), (person(3),)), queued=("王**",),
        appointments=(appointment(), appointment(None)),
    )  # fmt: skip


def assert_inside(data):
    for page in pypdfium2.PdfDocument(data):
        text = page.get_textpage()
        boxes = [text.get_charbox(index) for index in range(text.count_chars())]
        assert max(right for _, _, right, _ in boxes) <= RIGHT + 1
        assert min(bottom for _, bottom, _, _ in boxes) > 18


@LANGUAGES
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_every_field_is_printed_as_it_is_written(lang, text):
    data = render(with_text_everywhere(replace(told(), lang=lang), text))
    assert text_of(data).count(squeezed(plain(text))) > 12
    assert_inert(data)


def test_rare_characters_can_be_searched():
    sheet = sample_sheet(groups=((replace(person(1), name=RARE[:8]),),))
    assert RARE[:8] in text_of(render(sheet))


@LANGUAGES
def test_a_masked_sheet_says_so_on_every_page(lang):
    mark = squeezed(handoff_wording(lang).masked_mark)
    for masked in (True, False):
        found = pages(render(sample_sheet(lang, 60, masked=masked)))
        assert [mark in squeezed(page) for page in found] == [masked] * len(found)


def test_another_year_is_written_out():
    far = appointment(begin=MADE_AT.replace(year=2027))
    assert "2027年11月24日（周三）17:55" in text_of(render(sample_sheet(appointments=(far,))))


def test_the_same_value_gives_the_same_bytes_in_another_process():
    program = (
        "import sys; from app.reports.handoff.drawing import render;"
        "from tests.reports.sheets import sample_sheet;"
        "sys.stdout.buffer.write(render(sample_sheet()))"
    )
    environment = os.environ | {"PYTHONHASHSEED": "7", "TZ": "America/Lima"}
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, env=environment
    )
    assert run.stdout == render(sample_sheet())


def test_the_files_own_data_name_nobody():
    reader = pypdf.PdfReader(io.BytesIO(render(sample_sheet())))
    assert (reader.metadata.title, reader.metadata.subject) == ("交班单", "第 12 号")
    assert reader.metadata.creation_date == MADE_AT
    assert reader.root_object["/Lang"] == "zh-CN"
