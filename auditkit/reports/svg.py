"""Matplotlib's SVG made fit to stand inside a page: no style, script or link of its own, colours that follow the theme.

The same drawing gives the same bytes. Styles become presentation attributes, so that the page's policy can forbid
inline styles; identifiers are prefixed, so that two drawings can share one page; fixed colours become variables.
"""

from __future__ import annotations

import base64
import io
import re
import warnings
import xml.etree.ElementTree as ET  # reads only what matplotlib has just written
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from auditkit.reports.strokes import extent, short_path
from auditkit.reports.words import MINUS, inert

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["GRID", "INK", "MUTED", "REAL", "SYNTHETIC", "Drawing", "draw", "own_style", "tidy_ticks"]

INK = "#101418"
MUTED = "#5b6570"
GRID = "#d3d8de"
REAL = "#0072b2"
SYNTHETIC = "#d55e00"

_SVG = "http://www.w3.org/2000/svg"
_LINK = "{http://www.w3.org/1999/xlink}href"
_VARIABLES = {
    INK: "currentColor",
    MUTED: "var(--muted)",
    GRID: "var(--rule)",
    REAL: "var(--real)",
    SYNTHETIC: "var(--synthetic)",
}
_KEPT_TAGS = frozenset({"svg", "g", "defs", "path", "use", "text", "tspan", "image", "clipPath", "rect"})
_KEPT_STYLES = frozenset(
    {
        "fill",
        "fill-opacity",
        "fill-rule",
        "opacity",
        "stroke",
        "stroke-dasharray",
        "stroke-dashoffset",
        "stroke-linecap",
        "stroke-linejoin",
        "stroke-opacity",
        "stroke-width",
        "text-anchor",
        "font-size",
        "font-weight",
    }
)
_KEPT_ATTRIBUTES = frozenset({"clip-path", "d", "height", "id", "transform", "viewBox", "width", "x", "y"})
_MEASURES = frozenset({"d", "transform", "x", "y", "width", "height"})
_LONG = re.compile(r"-?\d+\.\d{2,}")
_NO_TURN = re.compile(r"rotate\(-?0 [^)]*\)")
_BY_LETTER = re.compile(r"\s*([A-Za-z])\s*")
_TICK = re.compile(r"M0 0L(0 -?[\d.]+|-?[\d.]+ 0)")
_COLOURS = 48
_SMALL_PICTURE = 16_000
_WIDE, _WIDE_UNITS = 1000.0, 5.0
"""From where on the numbers of an axis are long, and of which unit it holds several."""
_SHAPES = ("path", "text", "use")
_FEWEST = 2
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "auditkit",
    "svg.image_inline": True,
    "text.parse_math": False,
    "text.usetex": False,
    "axes.formatter.use_mathtext": False,
    "axes.unicode_minus": True,
    "font.family": ["DejaVu Sans"],
    "font.size": 10.5,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "path.simplify": True,
}


@dataclass(frozen=True)
class Drawing:
    """A cleaned SVG with its words, and the numbers behind it as a small table; `wide` holds two SVGs side by side."""

    svg: str
    title: str
    description: str
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    wide: bool = False

    def __html__(self) -> str:
        """Markup of the drawing itself, which templates insert as it is."""
        return self.svg


def draw(paint: Callable[[Figure], None], *, name: str, size: tuple[float, float], title: str, description: str) -> str:
    """SVG of what `paint` puts on an empty figure.

    Parameters
    ----------
    paint : callable
        Draws on the figure it is given.
    name : str
        Prefix of the drawing's identifiers, unique on its page.
    size : tuple of (float, float)
        Width and height in inches of 72 units.
    title, description : str
        What a screen reader says.

    Returns
    -------
    str
        An `svg` element without prologue.
    """
    from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: PLC0415 - heavy, only when a page is drawn
    from matplotlib.figure import Figure  # noqa: PLC0415 - as above

    stream = io.BytesIO()
    with own_style():
        figure = Figure(figsize=size, layout="constrained")
        paint(figure)
        canvas = FigureCanvasSVG(figure)
        canvas.print_svg(stream, metadata={"Date": None})  # type: ignore[no-untyped-call] # matplotlib gives no types
    return _clean(stream.getvalue(), name=name, title=inert(title), description=inert(description, limit=400))


def tidy_ticks(axes: Axes, *, most: int) -> None:
    """Few numbers on the axis below, in thousands and millions where they are large, so that none overlap."""
    low, high = axes.get_xlim()
    largest = max(abs(low), abs(high))
    axes.locator_params(axis="x", nbins=most if largest < _WIDE else max(2, most - 1))
    unit, size = next((told for told in (("M", 1e6), ("k", 1e3)) if largest >= _WIDE_UNITS * told[1]), ("", 1.0))
    if unit:
        axes.xaxis.set_major_formatter(lambda value, _: f"{value / size:g}{unit}".replace("-", MINUS))


@contextmanager
def own_style() -> Iterator[None]:
    """Matplotlib's defaults and ours, whatever the user's settings say; names in any script draw no warning."""
    import matplotlib as mpl  # noqa: PLC0415 - heavy, only when a page is drawn

    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        mpl.rcParams.update({key: value for key, value in mpl.rcParamsDefault.items() if key not in _SWITCHES})
        mpl.rcParams.update(_STYLE)
        yield


_SWITCHES = frozenset({"backend", "backend_fallback", "interactive", "toolbar", "timezone", "date.epoch"})


def _clean(raw: bytes, *, name: str, title: str, description: str) -> str:
    root = ET.fromstring(raw)  # noqa: S314 - the bytes come from matplotlib, one line above
    _prune(root)
    small = {path for group in root.iter(f"{{{_SVG}}}defs") for path in group.iter()}
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        _rewrite(element, name, decimals=2 if element in small else 1)
    box = root.get("viewBox", "")
    root.attrib.clear()
    root.attrib |= {"viewBox": box, "role": "img", "aria-labelledby": f"{name}-title {name}-desc", "class": "chart"}
    for tag, text in (("desc", description), ("title", title)):
        told = ET.Element(tag, {"id": f"{name}-{tag}"})
        told.text = text
        root.insert(0, told)
    _unclip(root)
    ticks = _ticks(root)
    _drop_unused_ids(root, name)
    _unwrap(root)
    _gather(root, ticks)
    for path in root.iter("path"):
        path.set("d", short_path(path.get("d", ""), decimals=2 if path in small else 1))
    return ET.tostring(root, encoding="unicode").replace(" />", "/>")


def _prune(element: ET.Element) -> None:
    """Take out every element that is not plain drawing (metadata, style)."""
    for child in list(element):
        if child.tag.rpartition("}")[2] in _KEPT_TAGS:
            _prune(child)
        else:
            element.remove(child)


def _rewrite(element: ET.Element, name: str, *, decimals: int) -> None:
    kept: dict[str, str] = {}
    for key, value in element.attrib.items():
        if key == "style":
            kept.update(_styles(value))
        elif key == _LINK:
            kept |= _link(value, name)
        elif key in _KEPT_ATTRIBUTES or key in _KEPT_STYLES:
            kept[key] = value
    if "id" in kept:
        kept["id"] = f"{name}-{kept['id']}"
    if "clip-path" in kept:
        kept["clip-path"] = kept["clip-path"].replace("url(#", f"url(#{name}-")
    _shorten(kept, decimals)
    element.attrib.clear()
    element.attrib.update(kept)
    element.tail = None
    if element.tag not in ("text", "tspan"):
        element.text = None


def _shorten(kept: dict[str, str], decimals: int) -> None:
    """Fewer decimals and no needless spaces in what places a shape."""
    for key in _MEASURES & kept.keys():
        kept[key] = _LONG.sub(lambda found: f"{round(float(found.group()), decimals) + 0.0:g}", kept[key])
    if "d" in kept:
        kept["d"] = _BY_LETTER.sub(r"\1", kept["d"]).strip()
    if _NO_TURN.fullmatch(kept.get("transform", "")):
        del kept["transform"]


def _link(value: str, name: str) -> dict[str, str]:
    """Reference into the drawing or to a picture inside it; any other is dropped."""
    if value.startswith("#"):
        return {"href": f"#{name}-{value[1:]}"}
    start = "data:image/png;base64,"
    return {"href": start + _fewer_colours(value.removeprefix(start))} if value.startswith(start) else {}


def _fewer_colours(encoded: str) -> str:
    """A rasterised part of a drawing in a few colours, which is a quarter of its bytes; a small one stays as it is."""
    if len(encoded) < _SMALL_PICTURE:
        return encoded
    from PIL import Image  # noqa: PLC0415 - only where a drawing has such a part

    stream = io.BytesIO()
    with Image.open(io.BytesIO(base64.b64decode(encoded))) as picture:
        few = picture.convert("RGBA").quantize(_COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        few.save(stream, format="PNG", optimize=True)
    return base64.b64encode(stream.getvalue()).decode()


def _unwrap(element: ET.Element) -> None:
    """Leave out groups that say nothing about what is in them, and shapes that cannot be seen."""
    children: list[ET.Element] = []
    for child in element:
        _unwrap(child)
        if child.tag == "g" and not child.attrib:
            children.extend(child)
        elif element.tag == "defs" and "id" not in child.attrib:
            continue
        elif element.tag == "clipPath" or not _unseen(child):
            children.append(child)
    element[:] = children


def _unseen(element: ET.Element) -> bool:
    if element.tag in ("g", "defs"):
        return not len(element)
    return element.get("fill") == "none" and not {"stroke", "id"} & element.attrib.keys()


def _styles(style: str) -> dict[str, str]:
    """Declarations of a style as attributes; of the font only size and weight, the family is the page's."""
    found: dict[str, str] = {}
    for declaration in style.split(";"):
        key, _, value = (part.strip() for part in declaration.partition(":"))
        if key == "font":
            size = re.search(r"([\d.]+)px", value)
            found |= {"font-size": size.group(1)} if size else {}
        elif key in _KEPT_STYLES:
            found[key] = _VARIABLES.get(value.lower(), value.removesuffix("px"))
    return found


def _unclip(root: ET.Element) -> None:
    """Take away the frames of what lies inside them anyway."""
    frames = {f"url(#{clip.get('id')})": clip[0] for clip in root.iter("clipPath") if len(clip) == 1}
    for element in root.iter():
        frame = frames.get(element.get("clip-path", ""))
        if frame is not None and frame.tag == "rect" and all(_inside(shape, frame) for shape in _shapes(element)):
            del element.attrib["clip-path"]


def _shapes(element: ET.Element) -> list[ET.Element]:
    return [element] if element.tag != "g" else [shape for child in element for shape in _shapes(child)]


def _inside(shape: ET.Element, frame: ET.Element) -> bool:
    """Whether the places of a path, or of a mark, lie in a frame or within a line's width of it."""
    if "transform" in shape.attrib or shape.tag not in ("path", "use"):
        return False
    at = extent(shape.get("d", "") if shape.tag == "path" else f"M{shape.get('x', 0)} {shape.get('y', 0)}")
    if at is None:
        return False
    left, top, wide, tall = (float(frame.get(key, 0)) for key in ("x", "y", "width", "height"))
    return at[0] >= left - 1 and at[1] >= top - 1 and at[2] <= left + wide + 1 and at[3] <= top + tall + 1


def _ticks(root: ET.Element) -> list[ET.Element]:
    """Ticks as plain lines, which can become one path; a line to point at for each takes four times the bytes."""
    lines = {f"#{path.get('id')}": path for path in root.iter("path") if _TICK.fullmatch(path.get("d", ""))}
    found = [element for element in root.iter("use") if element.get("href") in lines]
    for element in found:
        line = lines[element.attrib.pop("href")]
        x, y = (float(element.attrib.pop(key, "0")) for key in ("x", "y"))
        across, down = (float(item) for item in line.get("d", "").split("L")[1].split())
        element.tag = "path"
        element.attrib = _common(line) | _common(element) | {"fill": "none", "d": f"M{x} {y}L{x + across} {y + down}"}
    return found


def _drop_unused_ids(root: ET.Element, name: str) -> None:
    used = {value[1:] for element in root.iter() if (value := element.get("href", "")).startswith("#")}
    used |= {value[5:-1] for element in root.iter() if (value := element.get("clip-path", ""))}
    used |= set(root.get("aria-labelledby", "").split())
    fixed = set(root.get("aria-labelledby", "").split())
    short: dict[str, str] = {}
    for element in root.iter():
        if (known := element.get("id")) not in used:
            element.attrib.pop("id", None)
        elif known is not None and known not in fixed:
            short[known] = f"{name}-{len(short)}"
            element.set("id", short[known])
    for element in root.iter():
        if (link := element.get("href", "")).startswith("#"):
            element.set("href", f"#{short.get(link[1:], link[1:])}")
        if cut := element.get("clip-path"):
            element.set("clip-path", f"url(#{short.get(cut[5:-1], cut[5:-1])})")


def _gather(root: ET.Element, ticks: Sequence[ET.Element]) -> None:
    """Ticks and words last, as they are painted anyway; what neighbours have in common stands once, around them."""
    layers: dict[int, list[ET.Element]] = {0: [], 1: [], 2: []}
    for child in root:
        layers[2 if child.tag == "text" else int(child in ticks)].append(child)
    root[:] = [child for layer in layers.values() for child in layer]
    for parent in list(root.iter()):
        runs: list[list[ET.Element]] = []
        for child in parent:
            if runs and runs[-1][0].tag == child.tag in _SHAPES and _common(runs[-1][0]) == _common(child):
                runs[-1].append(child)
            else:
                runs.append([child])
        parent[:] = [element for run in runs for element in _group(run)]


def _common(element: ET.Element) -> dict[str, str]:
    return {key: value for key, value in element.attrib.items() if key in _KEPT_STYLES}


def _group(run: list[ET.Element]) -> list[ET.Element]:
    shared = _common(run[0])
    if len(run) < _FEWEST or not shared:
        return run
    if all(element.attrib.keys() <= {"d", *shared} for element in run) and _flat(shared):
        return [ET.Element("path", shared | {"d": "".join(element.get("d", "") for element in run)})]
    for element in run:
        for key in shared:
            del element.attrib[key]
    group = ET.Element("g", shared)
    group.extend(run)
    return [group]


def _flat(style: Mapping[str, str]) -> bool:
    """Whether lines of a style can be one path: nothing is filled, and nothing is seen through."""
    return style.get("fill") == "none" and not any("opacity" in key for key in style)
