"""Which SQL is a question: it reads the tables, and does nothing else.

What a query reaches is limited by how the database is set up (`database`). This looks at what the
query says, because DuckDB lets a statement write to the files that it may read.
"""

import json
import re
import threading
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

import duckdb

from genesis_ray.errors import GenesisError

_EXPLAIN = re.compile(r"\s*EXPLAIN\b(?:\s*\([^)]*\)|\s+ANALYZE\b)?", re.IGNORECASE)

_FUNCTIONS = frozenset(
    {
        "duckdb_columns",
        "duckdb_functions",
        "duckdb_keywords",
        "duckdb_tables",
        "duckdb_types",
        "duckdb_views",
        "generate_series",
        "histogram",
        "histogram_values",
        "icu_calendar_names",
        "json_each",
        "json_tree",
        "pg_timezone_names",
        "pragma_show",
        "pragma_table_info",
        "pragma_version",
        "query",
        "query_table",
        "range",
        "repeat",
        "repeat_row",
        "summary",
        "unnest",
    }
)
"""Those that return rows and read no file, no setting and nothing of the machine."""

_HIDING = frozenset({"query", "query_table"})
"""Those whose argument is SQL, or names a table."""


def named_tables(sql: str) -> frozenset[str]:
    """Return the tables that a question names, in lower case; none where it does not tell.

    Names of its own, of WITH, are among them.

    Raises:
        GenesisError, duckdb.Error: See `check_read_only`.
    """
    return _looked_through(sql)


def check_read_only(sql: str) -> None:
    """Refuse what is no question, or more than one.

    Raises:
        GenesisError: It would write, change a setting, or call a function that reads files.
        duckdb.Error: It is no SQL.
    """
    _looked_through(sql)


@lru_cache(maxsize=128)
def _looked_through(sql: str) -> frozenset[str]:
    """Check a query, and return the tables it names. Most are asked again and again."""
    with _parsing:
        statements = _parser().extract_statements(sql)
        if not statements:
            raise _no_question()
        if len(statements) > 1:
            raise GenesisError(f"expected one query, got {len(statements)}; ask them one by one")
        (statement,) = statements
        kind, text = statement.type, statement.query
        if kind == duckdb.StatementType.EXPLAIN and (explain := _EXPLAIN.match(text)):
            (statement,) = _parser().extract_statements(text[explain.end() :])
            kind, text = statement.type, statement.query
        if kind == duckdb.StatementType.MULTI:
            raise GenesisError("say which columns PIVOT is to make: PIVOT t ON column IN (a, b)")
        if kind != duckdb.StatementType.SELECT:
            raise _no_question(kind.name)
        return frozenset(_checked(text))


_parsing = threading.RLock()


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    """Return a database without tables, that only takes SQL apart."""
    return duckdb.connect(
        config={
            "threads": 1,
            "enable_external_access": False,
            "python_enable_replacements": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "temp_directory": "",
        }
    )


def _checked(sql: str) -> Iterator[str]:
    """Yield the tables that a query names, and refuse it where it does anything but read them."""
    serialised = _parser().execute("SELECT json_serialize_sql(?)", [sql]).fetchone()
    tree = json.loads(serialised[0]) if serialised else {}
    if tree.get("error", True):
        raise _no_question()
    for node in _nodes(tree):
        kind = node.get("type")
        if node.get("function_name") == "current_setting":  # not only folders of this machine
            raise GenesisError("a query may not call current_setting(): it sees no settings")
        if isinstance(kind, str) and kind.endswith("_QUERY_NODE"):
            raise _no_question(kind.removesuffix("_QUERY_NODE"))
        if kind == "TABLE_FUNCTION":
            yield from _checked_function(node["function"])
        if kind == "BASE_TABLE":
            yield node["table_name"].lower()


def _checked_function(function: dict[str, Any]) -> Iterator[str]:
    name = function["function_name"].lower()
    if name not in _FUNCTIONS:
        raise GenesisError(
            f"a query may not call {name}(): it reads the tables of the run and nothing else"
        )
    if name in _HIDING:
        for argument in function["arguments"]:
            literal = argument["expression"].get("literal", {})
            if literal.get("kind") != "STRING":
                raise GenesisError(f"{name}() is to have its text as it is, in quotes")
            text = literal["text"]
            yield from _checked(text if name == "query" else f'FROM "{text}"')


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Yield every object of a syntax tree."""
    waiting = [tree]
    while waiting:
        match waiting.pop():
            case dict() as node:
                yield node
                waiting.extend(node.values())
            case list() as nodes:
                waiting.extend(nodes)


def _no_question(kind: str | None = None) -> GenesisError:
    got = f", got {kind}: a query reads the tables, and changes nothing" if kind else ""
    return GenesisError("expected a query that returns rows, such as FROM visits" + got)
