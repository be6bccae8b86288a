"""Specification: one of Azure's published API descriptions (OpenAPI 3), and how an answer differs from what it says."""

import json
import pathlib
import re

TYPES = {"string": str, "boolean": bool, "integer": int, "number": (int, float), "array": list, "object": dict}


class Specification:
    """Of an operation's answers only the JSON ones count. Differences are 'METHOD PATH POINTER WHAT', indexes as '*'."""

    def __init__(self, path: pathlib.Path):
        self._spec = json.loads(path.read_text())
        self.version = self._spec["info"]["version"]
        self.paths = self._spec["paths"]

    def differences(self, method: str, path: str, status: int, body) -> list[str]:
        answers = self.paths[path][method.lower()]["responses"]
        said = answers.get(str(status))
        if said is None:
            return [f"{method} {path} / status {status}"]
        content = said.get("content", {})
        schema = next((each["schema"] for name, each in content.items() if "json" in name and "schema" in each), None)
        if schema is None:
            return [] if body in (None, {}) else [f"{method} {path} / a body where none is"]
        found = dict.fromkeys(self._compare(schema, body, "", 0))  # each once, in order
        return [f"{method} {path} {one}" for one in found]

    def _resolved(self, schema: dict) -> dict:
        while "$ref" in schema:
            at = self._spec
            for part in schema["$ref"].removeprefix("#/").split("/"):
                at = at[part.replace("~1", "/").replace("~0", "~")]
            schema = at
        return schema

    def _members(self, schema: dict) -> tuple[dict, set, bool]:
        """Properties, required ones, and whether there may be others."""
        properties, required = dict(schema.get("properties", {})), set(schema.get("required", []))
        others = bool(schema.get("additionalProperties")) or not (properties or schema.get("allOf"))
        for part in schema.get("allOf", []):
            more, needed, free = self._members(self._resolved(part))
            properties, required, others = {**more, **properties}, required | needed, others or (free and bool(more))
        return properties, required, others

    def _compare(self, schema: dict, value, where: str, depth: int):
        schema = self._resolved(schema)
        kind = schema.get("type") or ("object" if "properties" in schema or "allOf" in schema else None)
        if value is None or kind is None or depth > 32:
            return  # clients take null for nothing
        wrong_number = kind in ("integer", "number") and isinstance(value, bool)
        if not isinstance(value, TYPES[kind]) or wrong_number:
            yield f"{where or '/'} is {type(value).__name__}, not {kind}"
        elif kind == "array":
            for item in value:
                yield from self._compare(schema.get("items", {}), item, where + "/*", depth + 1)
        elif kind == "object":
            yield from self._compare_object(schema, value, where, depth)
        elif "enum" in schema and not any(str(value).lower() == str(each).lower() for each in schema["enum"]):
            yield f"{where} is '{value}'"
        elif schema.get("format") == "date-time" and not re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", value):
            yield f"{where} is no time"

    def _compare_object(self, schema: dict, value: dict, where: str, depth: int):
        properties, required, others = self._members(schema)
        for name in sorted(required - value.keys()):
            yield f"{where}/{name} is missing"
        for name, member in value.items():
            if name in properties:
                yield from self._compare(properties[name], member, f"{where}/{name}", depth + 1)
            elif isinstance(schema.get("additionalProperties"), dict):
                yield from self._compare(schema["additionalProperties"], member, f"{where}/*", depth + 1)
            elif not others:
                yield f"{where}/{name} isn't in the schema"
