"""A book of norms as text: rules given as mappings."""

from __future__ import annotations

import json

RULE = {
    "id": "a", "title_zh": "甲", "title_en": "a", "measure": "people_in_reach", "services": ["clinic"], "minutes": 15,
    "at_least": 90, "unit": "%", "source": "s", "clause": "1", "year": 2020, "status": "expected", "grade": "S",
    "standing": "source",
}  # fmt: skip


def book_toml(
    *rules, head='[book]\ntitle_zh = "书"\ntitle_en = "book"\n[source.s]\ntitle_zh = "源"\ntitle_en = "s"\n', more=""
):
    lines = [head]
    for rule in rules:
        lines.append("[[rule]]")
        lines += [
            f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in rule.items() if value is not None
        ]
    return "\n".join([*lines, more]).encode()
