"""One HTML file that asks nothing of any network: modules joined, assets inlined, a content-security policy on top."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from circle15.catalog.palette import colours, css_colours, steps
from circle15.catalog.words import phrase
from circle15.errors import OutputError
from circle15.model.limits import FEWEST
from circle15.refusals import refusal

__all__ = [
    "app_script",
    "app_style",
    "json_block",
    "leaflet_script",
    "leaflet_style",
    "palette_module",
    "refuse_urls",
    "secured",
    "words",
]

_LEAFLET = "vendor/leaflet-1.9.4"
_IMPORT = re.compile(r"""^import \{((?:\s*\w+\s*,)*\s*\w*\s*)\} from (['"])\./([a-z_]+)\.js\2;\n""", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) (\w+))", re.MULTILINE)
_BLOCK_NOTE = re.compile(r"^[ \t]*/\*\*(?:(?!\*/).)*\*/[ \t]*\n", re.DOTALL | re.MULTILINE)
"""A comment that has its lines for itself. It ends at the first end of a comment: code may follow another one."""
_TYPE_NOTE = re.compile(r"/\*\* @type \{[^\n*]*\} \*/ ?")
_LINE_NOTE = re.compile(r"^[ \t]*//[^\n]*\n", re.MULTILINE)
_INDENT = re.compile(r"^\s+", re.MULTILINE)
_CSS_URL = re.compile(r"""url\(\s*['"]?(?!data:)([^)'"]*)['"]?\s*\)""")
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_LOADS = re.compile(
    r"(?:https?:|wss?:)?//[\w.-]+\.[\w{}./?=&%:-]+"
    r"|<(?:script|img|iframe|object|embed)\b[^>]*\ssrc\s*=[^>]*>|<link\b[^>]*>",
    re.IGNORECASE,
)


def _folder(path: str) -> Traversable:
    return files("circle15.render.map").joinpath(path)


def _read(path: str) -> str:
    return _folder(path).read_text(encoding="utf-8").replace("\r\n", "\n")


def _image(path: str) -> str:
    return "data:image/png;base64," + base64.b64encode(_folder(path).read_bytes()).decode("ascii")


# -- the page's own code ----------------------------------------------------------------------------


def _slim(source: str) -> str:
    """Code without indentation, empty lines, types, and comments on lines of their own: two thirds to carry."""
    for note in (_BLOCK_NOTE, _TYPE_NOTE, _LINE_NOTE, _INDENT):
        source = note.sub("", source)
    return source


def _wrapped(name: str, source: str) -> str:
    """An ES module as a function that gives its exports; its imports are taken from the ones before it."""
    exports = _EXPORT.findall(source)
    body = _IMPORT.sub(lambda match: f"const {{{match[1]}}} = module_{match[3]};\n", source)
    body = _slim(_EXPORT.sub("", body))
    if re.search(r"^(?:import|export)\b", body, re.MULTILINE):
        raise ValueError(f"page/{name}.js: only 'import {{a, b}} from \"./x.js\";' and named exports can be joined")
    return f"const module_{name} = (() => {{\n{body}\nreturn {{ {', '.join(exports)} }};\n}})();\n"


def _in_order(name: str, done: dict[str, str], path: tuple[str, ...] = ()) -> None:
    """Put a module behind the modules it imports."""
    if name in done:
        return
    if name in path:
        raise ValueError(f"page modules import each other in a ring: {' -> '.join((*path, name))}")
    source = palette_module() if name == "palette" else _read(f"page/{name}.js")
    for match in _IMPORT.finditer(source):
        _in_order(match[3], done, (*path, name))
    done[name] = _wrapped(name, source)


def palette_module() -> str:
    """``page/palette.js``: the palette as a module of the page; the file is there for tests and types."""
    groups = {group: steps(group) for group in ("ramp", "kind", "change")}
    named = {group: colours(group) for group in ("verdict", "robust", "cause", "line", "ground")}
    lines = [f"  {group}: Object.freeze([{', '.join(map(repr, tones))}])," for group, tones in groups.items()]
    for group, tones in named.items():
        lines += [f"  {group}: Object.freeze({{", *(f"    {name}: {tone!r}," for name, tone in tones.items()), "  }),"]
    note = "/** Colours of the catalogue (palette.toml), from which this file is made. */"
    return "\n".join([note, "export const PALETTE = Object.freeze({", *lines, "});", ""])


@cache
def app_script() -> str:
    """All page modules as one function ``start(map, document)``, nothing of it global."""
    done: dict[str, str] = {}
    _in_order("main", done)
    return "(() => {\n'use strict';\n" + "".join(done.values()) + "return module_main.start;\n})()"


@cache
def app_style() -> str:
    """The page's own style sheets, joined."""
    return "\n".join([css_colours(), *(_read(f"page/{name}.css") for name in ("shell", "panel", "verdict", "print"))])


@cache
def words(*, scheme: bool = True) -> dict[str, dict[str, str]]:
    """The page's phrases, Chinese and English, with the privacy rule's number in its place.

    Without ``scheme`` those are left out that only the page of a scheme says; their keys begin with ``scheme``.

    An entry of ``words.json`` that is one word names a phrase of ``text.toml``, which other outputs say too.
    """
    phrases: dict[str, str | dict[str, str]] = json.loads(_read("page/words.json").replace("{fewest}", str(FEWEST)))
    return {
        key: dict(phrase(entry)) if isinstance(entry, str) else entry
        for key, entry in phrases.items()
        if scheme or not key.startswith("scheme")
    }


@cache
def leaflet_script() -> str:
    """Leaflet, with its marker images inside; its map object stays where folium looks for it."""
    icons = {
        "iconUrl": _image(f"{_LEAFLET}/images/marker-icon.png"),
        "iconRetinaUrl": _image(f"{_LEAFLET}/images/marker-icon.png"),
        "shadowUrl": _image(f"{_LEAFLET}/images/marker-shadow.png"),
    }
    source = re.sub(r"\n?//# sourceMappingURL=.*", "", _read(f"{_LEAFLET}/leaflet.js"))
    # Leaflet's own line carries a flag and a link to the network; the page names its sources itself.
    plain = "L.Control.Attribution.mergeOptions({ prefix: false });"
    return f"{source}\nL.Icon.Default.imagePath = '';\nL.Icon.Default.mergeOptions({json.dumps(icons)});\n{plain}\n"


@cache
def leaflet_style() -> str:
    """Leaflet's style sheet, images as data, without the rule for Internet Explorer's VML."""
    sheet = re.sub(r"\.lvml \{[^}]*\}", "", _read(f"{_LEAFLET}/leaflet.css"))
    return _CSS_URL.sub(lambda match: f"url({_image(f'{_LEAFLET}/{match[1]}')})", sheet)


# -- data and safety --------------------------------------------------------------------------------


def json_block(element_id: str, value: Any) -> str:
    r"""A value as an inert script element: no ``<`` and no line separator of JavaScript in it.

    Examples
    --------
    >>> json_block("x", "</script>")
    '<script type="application/json" id="x">"\\u003c/script>"</script>'
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for char in ("<", "\u2028", "\u2029"):
        text = text.replace(char, f"\\u{ord(char):04x}")
    return f'<script type="application/json" id="{element_id}">{text}</script>'


def refuse_urls(html: str) -> None:
    """Raise if a page would load something.

    Raises
    ------
    OutputError
        Naming the address and what to do.
    """
    address = _LOADS.search(html) or _CSS_URL.search(html) or re.search(r"@import[^;]*", html)
    if address:
        raise refusal("page_loads", error=OutputError, address=address[0][:120])


def _hashes(blocks: Iterable[str]) -> str:
    digests = (base64.b64encode(hashlib.sha256(block.encode()).digest()).decode("ascii") for block in blocks)
    return " ".join(dict.fromkeys(f"'sha256-{digest}'" for digest in digests))


def secured(html: str, *, image_hosts: Iterable[str] = ()) -> str:
    """Put a content-security policy on top that lets run only the scripts and styles that stand in the page."""
    images = " ".join(["data:", *image_hosts])
    policy = (
        f"default-src 'none'; script-src {_hashes(_SCRIPT.findall(html)) or repr('none')}; "
        f"style-src {_hashes(_STYLE.findall(html)) or repr('none')}; img-src {images}; "
        "base-uri 'none'; form-action 'none'"
    )
    head = f'<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{policy}">'
    return html.replace("<html>\n<head>", f'<html lang="zh-CN">\n<head>\n{head}', 1)
