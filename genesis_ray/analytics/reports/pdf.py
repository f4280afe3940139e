"""A report as PDF, in plain Python: no browser, no system library."""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import matplotlib
from fpdf import FPDF
from fpdf.fonts import FontFace

from genesis_ray.analytics.reports.contents import Chart, Report, Summary
from genesis_ray.analytics.reports.paper import picture
from genesis_ray.analytics.reports.tables import (
    Table,
    alert_line,
    alert_table,
    camera_table,
    comparison,
    headline_table,
    subtitle,
    title,
    unusual_lines,
)

_FONT = "DejaVu"
_MARGIN_MM, _GAP_MM = 15, 4
_MM_AN_INCH = 25.4
_INK, _QUIET, _RULE = (36, 41, 47), (89, 99, 110), (216, 222, 228)


def as_pdf(report: Report, summary: Summary) -> bytes:
    """Return the report as a PDF of A4 pages, with its charts as pictures."""
    pdf = _Paper(report)
    pdf.add_page()
    pdf.words(title(report), size=18, bold=True)
    pdf.words(subtitle(report), size=8.5, colour=_QUIET)
    pdf.ln(2)
    pdf.words(summary.text, size=10.5)
    if summary.note:
        pdf.words(summary.note, size=8.5, colour=_QUIET)
    pdf.heading("Figures")
    pdf.rows(headline_table(report))
    pdf.words(comparison(report), size=8.5, colour=_QUIET)
    pdf.heading("Charts")
    pdf.charts(report.charts)
    pdf.heading("Out of the ordinary")
    pdf.lines(unusual_lines(report))
    pdf.heading("Alerts")
    if alerts := alert_table(report):
        pdf.rows(alerts)
    else:
        pdf.words(alert_line(report))
    pdf.heading("How good the figures are")
    if cameras := camera_table(report):
        pdf.rows(cameras)
    pdf.lines(report.remarks)
    return bytes(pdf.output())


class _Paper(FPDF):
    """A4 with the type of the report, its title and the number of the page below."""

    def __init__(self, report: Report) -> None:
        super().__init__(format="A4")
        self._below = f"{title(report)} · {subtitle(report).partition(' · ')[0]}"
        fonts = Path(matplotlib.get_data_path()) / "fonts/ttf"
        self.add_font(_FONT, "", fonts / "DejaVuSans.ttf")
        self.add_font(_FONT, "B", fonts / "DejaVuSans-Bold.ttf")
        self.set_margin(_MARGIN_MM)
        self.set_auto_page_break(auto=True, margin=_MARGIN_MM + 5)
        self.set_title(title(report))
        self.set_creation_date(report.made_at)
        self.set_lang("en")

    def footer(self) -> None:
        """Write below each page which it is."""
        self.set_y(-_MARGIN_MM)
        self._type(8, colour=_QUIET)
        self.cell(0, 5, self._below)
        self.set_x(-_MARGIN_MM - 20)
        self.cell(20, 5, f"{self.page_no()} / {{nb}}", align="R")

    def heading(self, text: str) -> None:
        """Write a heading that is not left alone at the end of a page."""
        self.ln(4)
        if self.will_page_break(25):
            self.add_page()
        self.words(text, size=13, bold=True)
        self.ln(1)

    def words(
        self,
        text: str,
        *,
        size: float = 9.5,
        bold: bool = False,
        colour: tuple[int, int, int] = _INK,
    ) -> None:
        """Write a paragraph."""
        self._type(size, bold=bold, colour=colour)
        self.multi_cell(0, size * 0.52, text, align="L", new_x="LMARGIN", new_y="NEXT")

    def lines(self, lines: Sequence[str]) -> None:
        """Write a list."""
        for line in lines:
            self._type(9.5)
            self.cell(4, 5, "·")
            self.multi_cell(0, 5, line, align="L", new_x="LMARGIN", new_y="NEXT")

    def rows(self, table: Table) -> None:
        """Write a table; its first column is as wide as its words want."""
        self._type(8.5)
        self.set_draw_color(*_RULE)
        with self.table(
            col_widths=tuple(self._widths(table)),
            text_align=tuple("RIGHT" if is_right else "LEFT" for is_right in table.right),
            borders_layout="HORIZONTAL_LINES",
            headings_style=FontFace(color=_QUIET),
            line_height=5,
            padding=0.6,
        ) as written:
            for cells in (table.heading, *table.rows):
                written.row(cells)
        self.ln(1)

    def charts(self, charts: Sequence[Chart]) -> None:
        """Draw charts, two beside each other but for wide ones."""
        for row in in_rows(charts):
            width = (self.epw - _GAP_MM * (len(row) - 1)) / len(row)
            heights = [chart.figure.layout.height / 96 * _MM_AN_INCH for chart in row]
            if self.will_page_break(max(heights)):
                self.add_page()
            top, left = self.get_y(), self.l_margin
            for chart in row:
                image = io.BytesIO(picture(chart.figure, width_in=width / _MM_AN_INCH))
                self.image(
                    image, left, top, width, alt_text=chart.figure.layout.title.text
                )  # fmt: skip
                left += width + _GAP_MM
            self.set_y(top + max(heights) + 2)

    def _widths(self, table: Table) -> Iterator[float]:
        """Yield how wide columns are to each other: as their longest words, within limits."""
        for place in range(len(table.heading)):
            longest = max(len(row[place]) for row in (table.heading, *table.rows))
            yield min(max(longest, 8), 45)

    def _type(
        self, size: float, *, bold: bool = False, colour: tuple[int, int, int] = _INK
    ) -> None:
        self.set_font(_FONT, "B" if bold else "", size)
        self.set_text_color(*colour)


def in_rows(charts: Sequence[Chart]) -> Iterator[list[Chart]]:
    """Yield the charts of each row: a wide one, or up to two of the others."""
    waiting: list[Chart] = []
    for chart in charts:
        if chart.is_wide:
            if waiting:
                yield waiting
                waiting = []
            yield [chart]
            continue
        waiting.append(chart)
        if len(waiting) == 2:
            yield waiting
            waiting = []
    if waiting:
        yield waiting
