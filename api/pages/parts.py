"""Small pieces of pages: plain elements with classes and attributes, buttons that wait, facts in rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement
from nicegui.events import ValueChangeEventArguments

from api.pages.session import FAILURES, Visitor, tell_problem


class Text(TextElement):
    """An HTML element of any kind with a text in it; the text is never read as HTML."""

    def __init__(self, tag: str, text: str, classes: str = "", **attributes: Any) -> None:
        super().__init__(tag=tag, text=text)
        _dress(self, classes, attributes)


def box(classes: str = "", tag: str = "div", **attributes: Any) -> ui.element:
    """An element to put others into; underscores in names of attributes are hyphens."""
    element = ui.element(tag)
    _dress(element, classes, attributes)
    return element


def text(content: str, classes: str = "", tag: str = "div", **attributes: Any) -> Text:
    """An element with a text."""
    return Text(tag, content, classes, **attributes)


def heading(title: str, lead: str = "") -> None:
    """The page's title, and a sentence under it."""
    with box("heading"):
        text(title, tag="h1")
        if lead:
            text(lead, "lead", "p")


def facts(rows: Iterable[tuple[str, str]]) -> None:
    """Names and values in two columns."""
    with box("facts", "dl"):
        for name, value in rows:
            text(name, tag="dt")
            text(value, tag="dd")


def pill(content: str, tone: str = "") -> Text:
    """A state in a word."""
    return text(content, f"pill {tone}", "span")


def empty(icon: str, title: str, lead: str) -> ui.element:
    """What stands where there is nothing yet."""
    with box("empty") as element:
        ui.icon(icon).props('aria-hidden="true"')
        text(title, "strong")
        text(lead, "soft")
    return element


def button(
    visitor: Visitor, label: str, act: Callable[[], Awaitable[Any]], *, kind: str = "", icon: str | None = None
) -> ui.button:
    """A button that shows that it is at work, cannot be pressed twice meanwhile, and tells what the API refuses."""

    async def pressed() -> None:
        made.props("loading")
        made.disable()
        try:
            await act()
        except FAILURES as problem:
            tell_problem(visitor, problem)
        finally:
            if not made.is_deleted:
                made.props(remove="loading")
                made.enable()

    made = (
        ui.button(label, icon=icon, on_click=pressed, color=None).props("unelevated no-caps").classes(f"button {kind}")
    )
    return made


def _dress(element: ui.element, classes: str, attributes: dict[str, Any]) -> None:
    if classes:
        element.classes(classes)
    for name, value in attributes.items():
        element.props[name.rstrip("_").replace("_", "-")] = value


def choice(
    options: dict[str, str], value: str, on_change: Callable[[str], Any], *, label: str, even: bool = False
) -> None:
    """One of a few, as buttons side by side; keys of ``options`` are the values."""
    made: dict[str, ui.button] = {}

    def mark(chosen: str) -> None:
        for key, button_ in made.items():
            button_.classes(add="on" if key == chosen else "", remove="" if key == chosen else "on")
            button_.props["aria-pressed"] = "true" if key == chosen else "false"
            button_.update()

    async def pressed(key: str) -> None:
        mark(key)
        answer = on_change(key)
        if isinstance(answer, Awaitable):
            await answer

    with box(f"choice {'even' if even else ''}", role="group", aria_label=label):
        for key, title in options.items():
            made[key] = ui.button(title, on_click=lambda _, key=key: pressed(key), color=None).props("flat no-caps")
    mark(value)


def date_field(label: str, value: dt.date | None, on_change: Callable[[dt.date | None], Any]) -> ui.input:
    """A date in the browser's own picker."""

    async def changed(event: ValueChangeEventArguments[str | None]) -> None:
        answer = on_change(_date(event.value))
        if isinstance(answer, Awaitable):
            await answer

    field = ui.input(label, value="" if value is None else value.isoformat(), on_change=changed)
    return field.props("outlined stack-label type=date")


def _date(value: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(value or "")
    except ValueError:
        return None


def plain_button(label: str, act: Callable[[], Any], *, icon: str | None = None) -> ui.button:
    """A button that only changes what is shown."""
    return ui.button(label, icon=icon, on_click=lambda: act(), color=None).props("unelevated no-caps").classes("button")


async def confirmed(visitor: Visitor, question: str, yes: str, *, detail: str = "") -> bool:
    """Asks before something that cannot be taken back."""
    page_content = ui.context.client.content  # it outlives the card that asks, which may be drawn anew meanwhile
    with page_content, ui.dialog() as dialog, box("card dialog", role="document", aria_label=question):
        text(question, "strong", "h2")
        if detail:
            text(detail, "soft", "p")
        with box("row end"):
            plain_button(visitor.say("frame.cancel"), lambda: dialog.submit(False))
            plain_button(yes, lambda: dialog.submit(True)).classes("primary")
    answer = await dialog
    dialog.delete()
    return bool(answer)
