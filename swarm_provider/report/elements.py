"""HTML and SVG as values: what is put into an element is escaped, unless it is an element itself."""

from __future__ import annotations

from html import escape

from swarm_provider.report.words import visible


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def element(tag: str, *children: str, **attributes: str | float) -> Markup:
    """Return `<tag attributes>children</tag>`.

    Args:
        tag: the element's name.
        children: Markup stays as it is, other text is escaped.
        attributes: underscores stand for hyphens, and a trailing one for nothing: `class_`, `aria_label`.
    """
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(visible(str(value)))}"' for name, value in attributes.items()
    )
    inner = "".join(child if isinstance(child, Markup) else escape(visible(child)) for child in children)
    return Markup(f"<{tag}{written}>{inner}</{tag}>")


def joined(*parts: str) -> Markup:
    """Return the parts one after the other; text among them is escaped."""
    return Markup("".join(part if isinstance(part, Markup) else escape(visible(part)) for part in parts))
