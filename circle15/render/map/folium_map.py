"""The map: a real :class:`folium.Map` that carries the page, and the page as one offline file.

branca renders text twice as a Jinja template, so a name such as ``{{cycler.__init__...}}`` would run on
the machine that builds the map. Here no text from data meets a template: it stands as JSON in an element
that gives its own text, and the page puts it on the screen with ``textContent``.
"""

from __future__ import annotations

import html
import os
import re
from typing import Any, Literal, cast

import folium
from branca.element import Element, Figure

from circle15.catalog.words import phrase
from circle15.errors import SettingError
from circle15.model import Analysis
from circle15.refusals import refusal
from circle15.render.map.page_file import (
    app_script,
    app_style,
    json_block,
    leaflet_script,
    leaflet_style,
    refuse_urls,
    secured,
    words,
)
from circle15.render.map.payload import payload
from circle15.render.published.told import Published
from circle15.render.words import plain_text

__all__ = ["CircleMap", "draw_map", "page_html"]

Tiles = Literal["osm", "tianditu"]

_MARK = "circle15-text-{}"
_HEIGHT = "680px"
_POPUP_HELP = """
window.$ = window.$ || ((text) => {
  const holder = document.createElement("template");
  holder.innerHTML = text.trim();
  return [holder.content.firstElementChild];
});
"""


class _Text(Element):
    """Text that stands in the page as it is: it never becomes the source of a template."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__()
        self._name, self._id = "circle15", name
        self.mark = _MARK.format(name)
        self.text = text
        self.hidden = False

    def render(self, **_: Any) -> str:
        """Return the text, or only its mark while a page is being checked."""
        return self.mark if self.hidden else self.text


class CircleMap(folium.Map):
    """A folium map that shows an analysis; layers of your own can be added as to any folium map.

    Leaflet stands inside (no jQuery, no Bootstrap, nothing from another host), so it also shows in a
    notebook without a network.
    """

    default_js: list[tuple[str, str]] = []  # noqa: RUF012  # folium's own class attribute
    default_css: list[tuple[str, str]] = []  # noqa: RUF012

    def __init__(self, content: dict[str, Any], *, image_hosts: tuple[str, ...] = ()) -> None:
        west, south, east, north = content["bounds"]
        super().__init__(
            location=[(south + north) / 2, (west + east) / 2],
            tiles=None,
            zoom_start=14,
            zoom_control=False,
            prefer_canvas=True,
            max_zoom=19,
            min_zoom=9,
            zoom_snap=0.25,
            wheel_px_per_zoom_level=110,
            fade_animation=False,
        )
        self._id = "circle15"  # the same analysis gives the same bytes
        self.image_hosts = image_hosts
        title = html.escape(plain_text(f"{content['city']['title_zh']} · circle15"))
        self.head = (
            _Text("title", f"<title>{title}</title>"),
            _Text("leaflet", f"<style>{leaflet_style()}</style>\n<script>{leaflet_script()}</script>"),
            _Text("style", f"<style>{app_style()}</style>"),
        )
        self.body = _Text("page", json_block("circle15-page", content))
        self.start = _Text("start", f"{app_script()}({self.get_name()}, document);")
        self.popup_help = _Text("popup", f"<script>{_POPUP_HELP}</script>")
        self.figure.height = _HEIGHT

    @property
    def figure(self) -> Figure:
        """The page around the map."""
        return cast("Figure", self.get_root())

    @property
    def texts(self) -> tuple[_Text, ...]:
        """All that this map puts into a page beside what folium itself writes."""
        return (*self.head, self.body, self.start, self.popup_help)

    def render(self, **kwargs: Any) -> None:  # type: ignore[override]  # folium's own maps return nothing either
        """Add the page's own text to the figure, then what folium adds, then the layers of the user."""
        figure = self.figure
        for text in self.head:
            figure.header.add_child(text, name=text.mark)
        if _asks_for_popups(self):
            figure.header.add_child(self.popup_help, name=self.popup_help.mark)
        super().render(**kwargs)  # type: ignore[no-untyped-call]
        figure.html.add_child(self.body, name=self.body.mark)
        figure.script.add_child(self.start, name=self.start.mark)


def _asks_for_popups(element: Element) -> bool:
    """Whether a folium popup is among the layers: those call jQuery's ``$``, for which a small stand-in is given."""
    children = element._children.values()  # noqa: SLF001  # branca has no other way to them
    return any(isinstance(child, folium.Popup) or _asks_for_popups(child) for child in children)


def _tiles(name: str) -> dict[str, Any]:
    """Address and attribution of a tile service that was asked for by name."""
    if name == "osm":
        return {
            "layers": ["https://tile.openstreetmap.org/{z}/{x}/{y}.png"],
            "hosts": ["https://tile.openstreetmap.org"],
            "attribution": "© OpenStreetMap contributors",
            "max_zoom": 19,
        }
    if name == "tianditu":
        key = os.environ.get("TIANDITU_KEY", "")
        if not re.fullmatch(r"[0-9A-Za-z]{16,64}", key):
            raise refusal("tiles_key", error=SettingError)
        wmts = (
            "https://t0.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={layer}&STYLE=default"
            "&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={key}"
        )
        return {
            "layers": [wmts.format(layer=layer, key=key) for layer in ("vec", "cva")],
            "hosts": ["https://t0.tianditu.gov.cn"],
            "attribution": phrase("tianditu")["zh"],
            "max_zoom": 18,
        }
    if name in {"amap", "gaode"}:
        raise refusal("tiles_amap", error=SettingError)
    raise refusal("tiles_unknown", error=SettingError, name=name)


def draw_map(
    analysis: Analysis | Published,
    *,
    tiles: Tiles | None = None,
    compress: bool = True,
    base: Analysis | Published | None = None,
) -> CircleMap:
    """Draw an analysis as a folium map.

    Parameters
    ----------
    analysis
        What to show.
    tiles
        ``None`` draws the streets themselves and needs no network. ``"osm"`` or ``"tianditu"`` ask
        that host for pictures, and the page says so; the latter needs a key in ``TIANDITU_KEY``,
        **which then stands in the page**.
    compress
        ``False`` for browsers without ``DecompressionStream``.
    base
        The city as it is, where the analysis is of a scenario of it: the page then shows both and what changes.

    Returns
    -------
    CircleMap
        A :class:`folium.Map`.

    Raises
    ------
    SettingError
        If the tiles are not known, need a key, or are shifted (Amap).
    """
    content = payload(analysis, compress=compress, base=base)
    service = _tiles(tiles) if tiles is not None else None
    content |= {"tiles": service, "words": words(scheme=base is not None)}
    return CircleMap(content, image_hosts=tuple(service["hosts"]) if service else ())


def page_html(shown: Analysis | Published | CircleMap) -> str:
    """One HTML page with everything inside: nothing is asked of any network.

    Parameters
    ----------
    shown
        An analysis, or a map of :func:`draw_map` with the layers that you added to it.

    Raises
    ------
    OutputError
        If an added layer would load something from elsewhere.
    """
    drawn = shown if isinstance(shown, CircleMap) else draw_map(shown)
    for text in drawn.texts:
        text.hidden = True
    try:
        page: str = drawn.figure.render()
    finally:
        for text in drawn.texts:
            text.hidden = False
    refuse_urls(page)
    page = _renumbered(page)
    # In one pass: a name that looks like a mark stays a name.
    texts = {text.mark: text.text for text in drawn.texts}
    page = re.sub(_MARK.format("[a-z]+"), lambda match: texts.get(match[0], match[0]), page)
    return secured(page, image_hosts=drawn.image_hosts)


def _renumbered(page: str) -> str:
    """Give the random names of added layers numbers in order of appearance: same input, same bytes."""
    names = dict.fromkeys(re.findall(r"(?<=_)[0-9a-f]{32}\b", page))
    for number, name in enumerate(names):
        page = page.replace(name, f"{number}")
    return page
