"""A report as ``report.docx``: headings, tables, captions and page numbers that an office can edit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from circle15.render.report.blocks import Bullets, Field, Heading, NewPage, Paragraph, Picture, Report, Table, say
from circle15.render.report.ink import tint
from circle15.render.words import Words

__all__ = ["word_bytes"]

_SAND, _RULE, _DARK = "FFF1D6", "B8C4CC", "1F2933"
_TEXT_MM = 164.0
_TITLE_CHARS = 255
"""The longest title that the properties of a document may have."""
_ALIGN = {
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "right": WD_ALIGN_PARAGRAPH.RIGHT,
    "center": WD_ALIGN_PARAGRAPH.CENTER,
}
_SIZES = {"Heading 1": 16, "Heading 2": 13, "Heading 3": 11.5}


def _rgb(name: str) -> RGBColor:
    return RGBColor.from_string(tint(name).removeprefix("#").upper())


def word_bytes(report: Report, pictures: Mapping[str, bytes]) -> bytes:
    """Write a report; the same report gives the same bytes.

    Parameters
    ----------
    report
        What to write.
    pictures
        PNG by the stem of its name.
    """
    document = Document()
    _set_up(document, report)
    _cover(document, report)
    _contents(document, report)
    for block, after in zip(report.blocks, [*report.blocks[1:], None], strict=True):
        match block:
            case Heading():
                _heading(document, block)
            case Paragraph():
                line = _paragraph(document, block)
                line.paragraph_format.keep_with_next = block.look == "body" and isinstance(after, Table | Bullets)
            case Bullets():
                for words in block.items:
                    _both(document.add_paragraph(style="List Bullet"), words)
            case Table():
                _table(document, block)
            case Picture():
                _picture(document, block, pictures[block.stem])
            case NewPage():
                document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
    stream = BytesIO()
    document.save(stream)
    return _without_clock(stream.getvalue())


def _without_clock(content: bytes) -> bytes:
    """Drop the hour of writing from the archive's entries and from the document's properties."""
    stream = BytesIO()
    with ZipFile(BytesIO(content)) as source, ZipFile(stream, "w") as target:
        for name in sorted(source.namelist(), key=lambda entry: (entry != "[Content_Types].xml", entry)):
            entry = source.read(name)
            if name == "docProps/core.xml":
                entry = re.sub(rb"<dcterms:(created|modified).*?</dcterms:\1>", b"", entry)
            target.writestr(ZipInfo(name, (1980, 1, 1, 0, 0, 0)), entry, compress_type=ZIP_DEFLATED)
    return stream.getvalue()


# -- the document as a whole -----------------------------------------------------------------------


def _set_up(document: Any, report: Report) -> None:
    core = document.core_properties
    title = report.title.zh[:_TITLE_CHARS]
    core.title, core.author, core.last_modified_by, core.comments = title, "circle15", "circle15", ""
    section = document.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin, section.right_margin = Mm(24), Mm(22)
    section.top_margin, section.bottom_margin = Mm(26), Mm(24)
    section.different_first_page_header_footer = True
    _styles(document)
    header = section.header.paragraphs[0]
    mark = f"　{report.mark}" if report.mark else ""
    header.text = f"{report.title.zh}{mark}\t{report.terms.zh}"
    _tabs(header)
    footer = section.footer.paragraphs[0]
    footer.add_run("circle15\t")
    _tabs(footer)
    _code(footer, "PAGE", "1")
    footer.add_run(" / ")
    _code(footer, "NUMPAGES", "1")
    for line in (header, footer):
        for run in line.runs:
            _letters(run, size=8, color=_rgb("quiet"), east=say("font_heads").zh)


def _tabs(paragraph: Any) -> None:
    from docx.enum.text import WD_TAB_ALIGNMENT

    paragraph.paragraph_format.tab_stops.add_tab_stop(Mm(_TEXT_MM), WD_TAB_ALIGNMENT.RIGHT)


def _styles(document: Any) -> None:
    styles = document.styles
    for name in ("Normal", "List Bullet", "Caption", "Title", "Subtitle", *_SIZES):
        style = styles[name]
        letters = say("font_heads" if name in _SIZES or name in {"Title", "Caption"} else "font_body")
        style.font.name = letters.en
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        fonts.set(qn("w:eastAsia"), letters.zh)
        style.font.color.rgb = _rgb("ink")
    normal = styles["Normal"]
    language = OxmlElement("w:lang")  # else programs set Chinese punctuation as they do elsewhere
    language.set(qn("w:val"), "en-GB")
    language.set(qn("w:eastAsia"), "zh-CN")
    for language_mark in styles.element.iter(qn("w:lang")):
        language_mark.set(qn("w:eastAsia"), "zh-CN")
    normal.element.get_or_add_rPr().append(language)
    for edge in styles["Title"].element.iter(qn("w:pBdr")):
        edge.getparent().remove(edge)
        break
    for name in ("Header", "Footer"):
        styles[name].paragraph_format.tab_stops.clear_all()
    normal.font.size = Pt(10.5)
    normal.paragraph_format.line_spacing = 1.35
    normal.paragraph_format.space_after = Pt(6)
    for name, size in _SIZES.items():
        style = styles[name]
        style.font.size, style.font.bold, style.font.italic = Pt(size), True, False
        style.font.color.rgb = _rgb("accent") if name == "Heading 1" else _rgb("ink")
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(size * 1.1), Pt(6)
        style.paragraph_format.keep_with_next = True
    caption = styles["Caption"]
    caption.font.size, caption.font.bold, caption.font.italic = Pt(9.5), False, False
    caption.paragraph_format.space_before = Pt(8)
    caption.paragraph_format.space_after = Pt(4)


def _cover(document: Any, report: Report) -> None:
    title = document.add_paragraph(style="Title")
    _letters(title.add_run(report.title.zh), size=26, bold=True, east=say("font_heads").zh)
    _letters(document.add_paragraph().add_run(report.title.en), size=13, color=_rgb("quiet"))
    _both(document.add_paragraph(), report.subtitle, size=13)
    if report.banner is not None:
        _paragraph(document, Paragraph(words=report.banner, look="warning"))
    lead, *lines = report.verdict
    line = document.add_paragraph()
    line.paragraph_format.space_before = Pt(14)
    _both(line, lead, size=13)
    line.runs[0].font.bold = True
    for words in lines:
        line = document.add_paragraph(style="List Bullet")
        _both(line, words, size=10)
        line.paragraph_format.line_spacing, line.paragraph_format.space_after = 1.15, Pt(3)
    rows = tuple((f"{words.zh} {words.en}", value) for words, value in report.cover)
    bare = Words(zh="", en="")
    _table(
        document,
        Table(words=bare, fields=(Field(words=bare, width=1), Field(words=bare, width=2.2)), rows=rows),
    )
    terms = document.add_paragraph()
    _both(terms, report.terms)
    terms.runs[0].font.bold = True
    terms.add_run().add_break(WD_BREAK.PAGE)


def _contents(document: Any, report: Report) -> None:
    """A table of contents that Word makes anew on F9; until then it names the headings."""
    line = document.add_paragraph()
    words = say("contents")
    _letters(line.add_run(f"{words.zh} "), size=16, bold=True, color=_rgb("accent"), east=say("font_heads").zh)
    _letters(line.add_run(words.en), size=10, color=_rgb("quiet"))
    heads = [block for block in report.blocks if isinstance(block, Heading) and block.level < 3]
    first = document.add_paragraph()
    for part in ("begin", "separate"):
        _mark(first, part)
        if part == "begin":
            _instruction(first, 'TOC \\o "1-2" \\h \\z \\u')
    last = first
    for place, head in enumerate(heads):
        last = first if place == 0 else document.add_paragraph()
        last.paragraph_format.left_indent = Pt(16 * (head.level - 1))
        last.paragraph_format.space_after = Pt(2)
        last.add_run(f"{head.number}　{head.words.zh}  {head.words.en}".strip("　"))
    _mark(last, "end")
    last.add_run().add_break(WD_BREAK.PAGE)


# -- blocks ----------------------------------------------------------------------------------------


def _heading(document: Any, block: Heading) -> None:
    line = document.add_paragraph(style=f"Heading {block.level}")
    line.add_run(f"{block.number}　{block.words.zh}".strip("　"))
    if block.words.en:
        run = line.add_run(f"  {block.words.en}")
        run.font.size, run.font.bold, run.font.color.rgb = (
            Pt(_SIZES[f"Heading {block.level}"] * 0.66),
            False,
            _rgb("quiet"),
        )


def _paragraph(document: Any, block: Paragraph) -> Any:
    line = document.add_paragraph()
    size = {"lead": 12.5, "note": 9.0}.get(block.look, 10.5)
    _both(line, block.words, size=size, color=_rgb("quiet") if block.look == "note" else None)
    if block.look == "warning":
        _shade(line._p.get_or_add_pPr(), _SAND)
    if block.look != "note":
        line.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY if not block.words.en else WD_ALIGN_PARAGRAPH.LEFT
    return line


def _both(line: Any, words: Words, *, size: float = 10.5, color: Any = None) -> None:
    """Chinese, and English below it in small type."""
    _letters(line.add_run(words.zh), size=size, color=color)
    if words.en:
        run = line.add_run()
        run.add_break()
        _letters(line.add_run(words.en), size=size * 0.82, color=_rgb("quiet"))


def _letters(run: Any, *, size: float, bold: bool | None = None, color: Any = None, east: str = "") -> None:
    run.font.size = Pt(size)
    if bold is not None:
        run.font.bold = bold
    if color is not None:
        run.font.color.rgb = color
    if east:
        run.font.name = say("font_body").en
        run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), east)


def _caption(document: Any, kind: str, number: int, words: Words, *, after: bool) -> Any:
    line = document.add_paragraph(style="Caption")
    line.add_run(f"{kind} ")
    _code(line, f"SEQ {kind} \\* ARABIC", str(number))
    line.add_run(f"　{words.zh} ")
    _letters(line.add_run(words.en), size=8, color=_rgb("quiet"))
    if after:
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER
        line.paragraph_format.space_before, line.paragraph_format.space_after = Pt(2), Pt(12)
    else:
        line.paragraph_format.keep_with_next = True
    return line


def _picture(document: Any, block: Picture, content: bytes) -> None:
    line = document.add_paragraph()
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    line.paragraph_format.keep_with_next = True
    line.paragraph_format.space_after = Pt(0)
    shape = line.add_run().add_picture(BytesIO(content), width=Mm(_TEXT_MM * block.width))
    shape._inline.docPr.set("descr", f"{block.words.zh} {block.words.en}")
    shape._inline.docPr.set("name", block.stem)
    _caption(document, say("caption_picture").zh, block.number, block.words, after=True)


def _table(document: Any, block: Table) -> None:
    bare = all(not head.words.zh for head in block.fields)
    if block.words.zh:
        _caption(document, say("caption_table").zh, block.number, block.words, after=False)
    table = document.add_table(rows=0, cols=len(block.fields))
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    whole = sum(head.width for head in block.fields)
    widths = [Mm(_TEXT_MM * head.width / whole) for head in block.fields]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    if not bare:
        _head_row(table, block, widths)
    for record in block.rows:
        row = table.add_row()
        _unbroken(row)
        for place, (cell, value) in enumerate(zip(row.cells, record, strict=True)):
            cell.width = widths[place]
            line = cell.paragraphs[0]
            line.alignment = _ALIGN[block.fields[place].align]
            _tight(line)
            bold = True if bare and place == 0 else None
            _letters(line.add_run(value), size=8.5, bold=bold, east=say("font_heads").zh if bold else "")
    _rules(table)
    if block.note is not None:
        line = document.add_paragraph()
        line.paragraph_format.space_before = Pt(3)
        _letters(line.add_run(f"{block.note.zh} "), size=8, color=_rgb("quiet"))
        _letters(line.add_run(block.note.en), size=7.5, color=_rgb("quiet"))
    else:
        rest = document.add_paragraph()
        rest.paragraph_format.space_after = Pt(0)
        rest.paragraph_format.line_spacing = 0.6


def _head_row(table: Any, block: Table, widths: list[Any]) -> None:
    row = table.add_row()
    _unbroken(row)
    repeated = OxmlElement("w:tblHeader")
    repeated.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(repeated)
    for cell, head, width in zip(row.cells, block.fields, widths, strict=True):
        cell.width = width
        line = cell.paragraphs[0]
        line.alignment = _ALIGN[head.align]
        _tight(line)
        _letters(line.add_run(head.words.zh), size=8.5, bold=True, east=say("font_heads").zh)
        if head.words.en:
            run = line.add_run()
            run.add_break()
            _letters(line.add_run(head.words.en), size=7, color=_rgb("quiet"))
        _edge(cell._tc.get_or_add_tcPr(), "bottom", 6, _DARK)


def _tight(line: Any) -> None:
    line.paragraph_format.space_after = line.paragraph_format.space_before = Pt(1.5)
    line.paragraph_format.line_spacing = 1.1


def _unbroken(row: Any) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


# -- what python-docx has no word for ----------------------------------------------------------------


def _mark(line: Any, kind: str) -> None:
    mark = OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    line.add_run()._r.append(mark)


def _instruction(line: Any, code: str) -> None:
    text = OxmlElement("w:instrText")
    text.set(qn("xml:space"), "preserve")
    text.text = f" {code} "
    line.add_run()._r.append(text)


def _code(line: Any, code: str, shown: str) -> None:
    """A field, such as a page number, with what it shows until it is worked out."""
    _mark(line, "begin")
    _instruction(line, code)
    _mark(line, "separate")
    line.add_run(shown)
    _mark(line, "end")


def _shade(properties: Any, fill: str) -> None:
    shade = OxmlElement("w:shd")
    for key, value in (("val", "clear"), ("color", "auto"), ("fill", fill)):
        shade.set(qn(f"w:{key}"), value)
    properties.append(shade)


def _edge(properties: Any, side: str, eighths: int, color: str) -> None:
    borders = properties.find(qn("w:tcBorders"))
    if borders is None:
        borders = OxmlElement("w:tcBorders")
        properties.append(borders)
    borders.append(_border(side, eighths, color))


def _border(side: str, eighths: int, color: str) -> Any:
    edge = OxmlElement(f"w:{side}")
    for key, value in (("val", "single"), ("sz", str(eighths)), ("space", "0"), ("color", color)):
        edge.set(qn(f"w:{key}"), value)
    return edge


def _rules(table: Any) -> None:
    """Strong rules above and below, fine ones between the rows, none between the columns."""
    borders = OxmlElement("w:tblBorders")
    for side, eighths, color in (("top", 10, _DARK), ("bottom", 10, _DARK), ("insideH", 3, _RULE)):
        borders.append(_border(side, eighths, color))
    properties = table._tbl.tblPr
    later = [child for name in ("tblLayout", "tblCellMar", "tblLook") for child in properties.findall(qn(f"w:{name}"))]
    if later:  # the schema wants them in this order
        later[0].addprevious(borders)
    else:
        properties.append(borders)
