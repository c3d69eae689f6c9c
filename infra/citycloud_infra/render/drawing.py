"""A drawing of the whole network, as SVG: hubs, points of presence with the sites behind them, carriers.

A site is a dot, coloured by its kind, in the box of the point that its first line runs through; a pointer over it shows its name. From each
box one line a carrier leads to every hub that the carrier reaches, as thick as many lines run there. The same plan always gives the same
text. The drawing has its own background and follows the reader's choice of light or dark.
"""

import collections
import dataclasses
import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from citycloud_infra.model.base import Names
from citycloud_infra.model.plan import CityPlan
from citycloud_infra.model.wan import Site

WIDTH: Final = 1200
MARGIN: Final = 24
COLUMNS: Final = 6
GAP: Final = 12
DOT: Final = 6
PITCH: Final = 20
HUB_WIDTH: Final = 220
HUB_HEIGHT: Final = 56
TOP: Final = 84
BELOW_HUBS: Final = 110
LINE: Final = 17
LETTER: Final = 7.4
"""The width of a letter, about: whoever draws has no font at hand."""
LEGEND_COLUMNS: Final = 3
LEGEND_ROW: Final = 42
NOWHERE: Final = Names(vi="Không qua điểm tập trung", en="By no point of presence")
KINDS: Final[Mapping[str, tuple[str, Names]]] = {
    "department": ("#2f6fde", Names(vi="Sở, ban, ngành", en="Department")),
    "district-point": ("#8a5cf0", Names(vi="Điểm quận, huyện cũ", en="Former district")),
    "branch": ("#0f9aa8", Names(vi="Chi nhánh", en="Branch")),
    "service-point": ("#c2410c", Names(vi="Điểm phục vụ", en="Service point")),
    "ward": ("#16924a", Names(vi="Phường", en="Ward")),
    "commune": ("#b7820a", Names(vi="Xã", en="Commune")),
    "hub": ("#b42318", Names(vi="Trung tâm", en="Hub")),
    "other": ("#7a828f", Names(vi="Khác", en="Other")),
}
DASHES: Final = ("", "8 5", "2 4", "12 4 2 4", "4 4", "16 6")
"""How the lines of the first, second, third … carrier are drawn; colours alone would not tell them apart for everybody."""
STYLE: Final = """\
.ground { fill: #ffffff } .box { fill: #f4f6f9; stroke: #c3cad4 } .hub { fill: #1f2a3a } text { fill: #1f2a3a; font: 13px sans-serif }
.title { font-size: 20px; font-weight: 600 } .note { fill: #5b6675; font-size: 12px } .on { fill: #ffffff; font-weight: 600 }
.wire { fill: none; stroke: #5b6675; stroke-opacity: .55 }
@media (prefers-color-scheme: dark) {
.ground { fill: #12171f } .box { fill: #1b222d; stroke: #3a4554 } .hub { fill: #dfe5ee } text { fill: #dfe5ee }
.note { fill: #9aa6b6 } .on { fill: #12171f } .wire { stroke: #9aa6b6 }
}"""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """A point of presence with its sites, and where it is drawn."""

    name: str | None
    names: Names
    sites: tuple[Site, ...]
    heading: tuple[str, ...]
    left: float
    top: float
    width: float
    height: float

    @property
    def head(self) -> tuple[float, float]:
        """Return where its lines leave."""
        return self.left + self.width / 2, self.top


def draw(plan: CityPlan) -> str:
    """Draw the network."""
    hubs = _hubs(plan)
    boxes = _boxes(plan)
    bottom = max((box.top + box.height for box in boxes), default=TOP + HUB_HEIGHT) + GAP
    legend, height = _legend(plan=plan, top=bottom + MARGIN)
    title = f"Mạng diện rộng: {plan.inventory.city} / Wide area network: {plan.inventory.city}"
    count = f"{len(plan.hubs)} trung tâm, {len(plan.sites)} điểm, {len(plan.tunnels)} đường hầm"
    english = f"{len(plan.hubs)} hubs, {len(plan.sites)} sites, {len(plan.tunnels)} tunnels"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" width="{WIDTH}" height="{height:g}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>\n{STYLE}\n</style>",
        f'<rect class="ground" width="{WIDTH}" height="{height:g}"/>',
        _text(x=MARGIN, y=36, text=title, style="title"),
        _text(x=MARGIN, y=58, text=f"{count} / {english}", style="note"),
        *_wires(plan=plan, hubs=hubs, boxes=boxes),
        *(line for name, (x, y) in hubs.items() for line in _hub(names=plan.hubs[name].names, name=name, x=x, y=y)),
        *(line for box in boxes for line in _box(box)),
        *legend,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _hubs(plan: CityPlan) -> dict[str, tuple[float, float]]:
    """Return the middle of each hub's upper edge, the preferred one first."""
    ordered = sorted(plan.inventory.hubs, key=lambda hub: (-hub.preference, hub.id))
    step = (WIDTH - 2 * MARGIN) / len(ordered)
    return {hub.name: (MARGIN + step * (number + 0.5), TOP) for number, hub in enumerate(ordered)}


def _boxes(plan: CityPlan) -> list[Box]:
    groups: dict[str | None, list[Site]] = collections.defaultdict(list)
    for site in sorted(plan.inventory.sites, key=lambda each: each.id):
        groups[_point_of(site)].append(site)
    names: dict[str | None, Names] = {point.name: point.names for point in plan.inventory.points_of_presence} | {None: NOWHERE}
    chosen = [name for name in names if name in groups or name is not None]
    columns = min(COLUMNS, max(len(chosen), 1))
    width = (WIDTH - 2 * MARGIN - GAP * (columns - 1)) / columns
    a_row = int((width - PITCH) // PITCH)
    boxes: list[Box] = []
    top: float = TOP + HUB_HEIGHT + BELOW_HUBS
    for start in range(0, len(chosen), columns):
        row = chosen[start : start + columns]
        headings = [tuple(textwrap.wrap(names[name].vi, int((width - PITCH) / LETTER))) for name in row]
        dots = max(math.ceil(len(groups[name]) / a_row) for name in row)
        height = LINE * max(map(len, headings)) + PITCH * (dots + 1)
        for column, (name, heading) in enumerate(zip(row, headings, strict=True)):
            left, sites = MARGIN + column * (width + GAP), tuple(groups[name])
            box = Box(name=name, names=names[name], sites=sites, heading=heading, left=left, top=top, width=width, height=height)
            boxes.append(box)
        top += height + GAP
    return [box for box in boxes if box.name is not None or box.sites]


def _point_of(site: Site) -> str | None:
    return next((line.via for line in site.uplinks if line.role == "primary"), None)


def _wires(*, plan: CityPlan, hubs: Mapping[str, tuple[float, float]], boxes: Sequence[Box]) -> Iterator[str]:
    """Draw one line from each box to each hub a carrier, side by side."""
    via = {(site.name, line.carrier): line.via for site in plan.inventory.sites for line in site.uplinks}
    ways = {(tunnel.site, tunnel.carrier, tunnel.hub) for tunnel in plan.tunnels if tunnel.site}
    counts = collections.Counter((via[site, carrier], carrier, hub) for site, carrier, hub in ways)
    carriers = [carrier.name for carrier in plan.inventory.carriers]
    for box in boxes:
        for number, carrier in enumerate(carriers):
            for hub, (x, y) in hubs.items():
                if count := counts[box.name, carrier, hub]:
                    aside = 7 * (number - (len(carriers) - 1) / 2)
                    wire = _wire(begin=(box.head[0] + aside, box.head[1]), end=(x + aside, y + HUB_HEIGHT), carrier=number, count=count)
                    yield f"{wire}<title>{escape(f'{box.names.vi} – {carrier} – {hub}: {count}')}</title></path>"


def _wire(*, begin: tuple[float, float], end: tuple[float, float], carrier: int, count: int) -> str:
    """Draw upwards first, so that the lines of one column run together to the hubs."""
    middle = TOP + HUB_HEIGHT + BELOW_HUBS / 2
    low = TOP + HUB_HEIGHT + BELOW_HUBS
    path = f"M{begin[0]:g} {begin[1]:g} L{begin[0]:g} {low:g} C{begin[0]:g} {middle:g} {end[0]:g} {middle:g} {end[0]:g} {end[1]:g}"
    return f'<path class="wire" d="{path}"{_dash(carrier)} stroke-width="{_thickness(count):g}">'


def _thickness(count: int) -> float:
    return round(1 + math.log2(count) / 2, 2)


def _dash(carrier: int) -> str:
    dash = DASHES[carrier % len(DASHES)]
    return f' stroke-dasharray="{dash}"' if dash else ""


def _hub(*, names: Names, name: str, x: float, y: float) -> Iterator[str]:
    yield f'<rect class="hub" x="{x - HUB_WIDTH / 2:g}" y="{y:g}" width="{HUB_WIDTH}" height="{HUB_HEIGHT}" rx="8"/>'
    yield _text(x=x, y=y + 24, text=names.vi, style="on", middle=True)
    yield _text(x=x, y=y + 42, text=f"{names.en} ({name})", style="on", middle=True)


def _box(box: Box) -> Iterator[str]:
    yield f'<rect class="box" x="{box.left:g}" y="{box.top:g}" width="{box.width:g}" height="{box.height:g}" rx="6"/>'
    heading = (_text(x=box.left + 10, y=box.top + LINE * number, text=text) for number, text in enumerate(box.heading, start=1))
    yield f"<g><title>{escape(box.names.en)}</title>{''.join(heading)}</g>"
    a_row = int((box.width - PITCH) // PITCH)
    for number, site in enumerate(box.sites):
        x = box.left + PITCH + PITCH * (number % a_row)
        y = box.top + LINE * len(box.heading) + PITCH * (0.75 + number // a_row)
        yield _dot(x=x, y=y, kind=site.kind, label=f"{site.names.vi} / {site.names.en} ({site.name})")


def _dot(*, x: float, y: float, kind: str, label: str) -> str:
    return f'<circle cx="{x:g}" cy="{y:g}" r="{DOT}" fill={quoteattr(KINDS[kind][0])}><title>{escape(label)}</title></circle>'


def _legend(*, plan: CityPlan, top: float) -> tuple[list[str], float]:
    """Explain colours and lines, in both languages; return it with the height of the whole drawing."""
    kinds = [kind for kind in KINDS if any(site.kind == kind for site in plan.inventory.sites)]
    lines: list[str] = []
    entries = [(f'<circle cx="8" cy="-4" r="{DOT}" fill={quoteattr(KINDS[kind][0])}/>', KINDS[kind][1]) for kind in kinds]
    for number, carrier in enumerate(plan.inventory.carriers):
        mark = f'<path class="wire" d="M-8 -4 L26 -4"{_dash(number)} stroke-width="2.5"/>'
        entries.append((mark, carrier.names))
    step = (WIDTH - 2 * MARGIN) / LEGEND_COLUMNS
    for number, (mark, names) in enumerate(entries):
        x, y = MARGIN + 10 + step * (number % LEGEND_COLUMNS), top + LEGEND_ROW * (number // LEGEND_COLUMNS)
        label = _text(x=36, y=0, text=names.vi) + _text(x=36, y=LINE, text=names.en, style="note")
        lines.append(f'<g transform="translate({x:g} {y:g})">{mark}{label}</g>')
    return lines, top + LEGEND_ROW * math.ceil(len(entries) / LEGEND_COLUMNS)


def _text(*, x: float, y: float, text: str, style: str = "", middle: bool = False) -> str:
    named = f' class="{style}"' if style else ""
    anchored = ' text-anchor="middle"' if middle else ""
    return f'<text x="{x:g}" y="{y:g}"{named}{anchored}>{escape(text)}</text>'
