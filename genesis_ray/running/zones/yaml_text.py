"""Changes of YAML text at one place, which leave all else as it is: comments, order, spelling.

Places are found by the marks of PyYAML's nodes. What comes out is to be read again and compared
with what was meant: text that shares parts by anchors, for one, cannot be changed in one place.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

Place = Sequence[str | int]
"""Keys and list indices that lead to a value."""


def with_item(text: str, place: Place, key: str, item: Mapping[str, Any]) -> str:
    """Return text in which the list `key` of the mapping at `place` has one item more, its last.

    The list is made where there is none. An item is a mapping of scalars and lists.
    """
    owner = _node(text, place)
    known = _value(owner, key)
    if known is None:
        return _with_key(text, owner, key, item)
    if isinstance(known, yaml.SequenceNode) and known.value:
        last = known.value[-1]
        if known.flow_style:
            return _insert(text, last.end_mark.index, f", {_flow(item)}")
        return _insert_lines(text, _end(last), _block(item, known.start_mark.column))
    # An empty list: what follows on its line, as a comment, stays.
    if owner.flow_style:
        return _replace(text, known.start_mark.index, known.end_mark.index, f"[{_flow(item)}]")
    name = _key(owner, key)
    colon = text.index(":", name.end_mark.index) + 1
    emptied = text[:colon] + text[known.end_mark.index :]
    return _insert_lines(emptied, colon, _block(item, name.start_mark.column + 2))


def without_item(text: str, place: Place, index: int) -> str:
    """Return text without an item of the list at `place`; a list that becomes empty is `[]`."""
    owner = _node(text, place)
    items = owner.value
    item = items[index]
    if len(items) == 1 and owner.flow_style:
        return _replace(text, owner.start_mark.index, owner.end_mark.index, "[]")
    if owner.flow_style:
        if index + 1 < len(items):
            return _replace(text, item.start_mark.index, items[index + 1].start_mark.index, "")
        return _replace(text, items[index - 1].end_mark.index, item.end_mark.index, "")
    dash = text.rindex("-", 0, item.start_mark.index + (not item.value))
    start = text.rfind("\n", 0, dash) + 1
    rest = _replace(text, start, _line_end(text, _end(item)) + 1, "")
    if len(items) > 1:
        return rest
    name = _key(_node(text, place[:-1]), str(place[-1]))
    return _insert(rest, rest.index(":", name.end_mark.index) + 1, " []")


def with_value(text: str, place: Place, value: Any) -> str:
    """Return text with another value at `place`, where there is one, on a single line."""
    node = _node(text, place)
    return _replace(text, node.start_mark.index, _end(node), json.dumps(value))


def _node(text: str, place: Place) -> Any:
    """Return what is written at a place.

    Raises:
        LookupError: It has its value from elsewhere, as by an anchor.
    """
    node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    for part in place:
        found = node.value[part] if isinstance(part, int) else _value(node, part)
        if found is None:
            raise LookupError(f"no {'.'.join(map(str, place))} is written there")
        node = found
    return node


def _value(owner: Any, key: str) -> Any:
    return next((value for name, value in owner.value if name.value == key), None)


def _key(owner: Any, key: str) -> Any:
    return next(name for name, _ in owner.value if name.value == key)


def _is_said(node: Any) -> bool:
    """Tell a value that is written from one that is left out."""
    return bool(node.end_mark.index > node.start_mark.index)


def _with_key(text: str, owner: Any, key: str, item: Mapping[str, Any]) -> str:
    last = owner.value[-1][1]
    if owner.flow_style:
        return _insert(text, last.end_mark.index, f", {key}: [{_flow(item)}]")
    column = owner.start_mark.column
    return _insert_lines(text, _end(owner), [f"{' ' * column}{key}:", *_block(item, column + 2)])


def _end(node: Any) -> int:
    """Return where a value ends, without the comments and blank lines behind it.

    The end of a block is marked where the next thing begins; its last part tells better.
    """
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        if isinstance(last, tuple):
            key, value = last
            return _end(value) if _is_said(value) else int(key.end_mark.index) + 1
        return _end(last)
    return int(node.end_mark.index)


def _block(item: Mapping[str, Any], column: int) -> list[str]:
    """Return the lines of an item of a list whose dashes are in `column`."""
    lines = [f"{key}: {_scalar(value)}" for key, value in item.items()]
    first, *rest = lines
    return [f"{' ' * column}- {first}", *(f"{' ' * column}  {line}" for line in rest)]


def _flow(item: Mapping[str, Any]) -> str:
    return "{" + ", ".join(f"{key}: {_scalar(value)}" for key, value in item.items()) + "}"


def _scalar(value: Any) -> str:
    """Return a value on a line; text without quotes where YAML takes it for text."""
    if isinstance(value, str) and yaml.safe_load(f"[{value}]") == [value]:
        return value
    return json.dumps(value)


def _insert(text: str, at: int, piece: str) -> str:
    return text[:at] + piece + text[at:]


def _replace(text: str, start: int, end: int, piece: str) -> str:
    return text[:start] + piece + text[end:]


def _insert_lines(text: str, after: int, lines: Sequence[str]) -> str:
    """Return text with lines behind the one in which `after` is."""
    newline = "\r\n" if "\r\n" in text else "\n"
    at = _line_end(text, after)
    if at and text[at - 1 : at] == "\r":
        at -= 1
    return _insert(text, at, "".join(newline + line for line in lines))


def _line_end(text: str, at: int) -> int:
    """Return where the line ends in which `at` is: at its newline, or the end of the text."""
    if at and text[at - 1 : at] == "\n":  # behind a block of text, which has its newline
        at -= 1
    found = text.find("\n", at)
    return len(text) if found < 0 else found
