"""JSON schemas of the files in .github/: what GitHub requires of the parts that this project uses.

They are narrower than GitHub's own: a key that is not listed here is an error, so that a typing mistake is found.
"""

from typing import Any

TEXT = {"type": "string", "minLength": 1}
PERMISSIONS = {
    "type": "object",
    "additionalProperties": False,
    "properties": {name: {"enum": ["read", "write", "none"]} for name in ("contents", "id-token")},
}
_VALUES = {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}
_USES = {"type": "string", "pattern": r"^(\./[\w./-]+|[\w-]+/[\w.-]+(/[\w.-]+)*@[\w./-]+)$"}


def _step(*more: str) -> dict[str, Any]:
    """A step either uses an action or runs a script; `more`: keys that a script must have."""
    shared = {"name": TEXT, "id": TEXT, "if": TEXT, "env": _VALUES}
    uses = {"type": "object", "additionalProperties": False, "required": ["uses"]}
    runs = {"type": "object", "additionalProperties": False, "required": ["run", *more]}
    return {
        "oneOf": [
            {**uses, "properties": {**shared, "uses": _USES, "with": _VALUES}},
            {**runs, "properties": {**shared, "run": TEXT, "shell": {"enum": ["bash", "sh"]}}},
        ]
    }


WORKFLOW = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "on", "jobs", "permissions"],
    "properties": {
        "name": TEXT,
        "on": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": False,
            "properties": {
                "push": {"type": "object"},
                "pull_request": {"type": ["object", "null"]},
                "release": {"type": "object"},
            },
        },
        "permissions": PERMISSIONS,
        "jobs": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "required": ["runs-on", "steps"],
                "properties": {
                    "runs-on": TEXT,
                    "needs": TEXT,
                    "environment": TEXT,
                    "permissions": PERMISSIONS,
                    "timeout-minutes": {"type": "integer", "minimum": 1},
                    "strategy": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["matrix"],
                        "properties": {
                            "fail-fast": {"type": "boolean"},
                            "matrix": {"type": "object", "additionalProperties": {"type": "array", "minItems": 1}},
                        },
                    },
                    "steps": {"type": "array", "minItems": 1, "items": _step()},
                },
            },
        },
    },
}

ACTION = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "description", "runs"],
    "properties": {
        "name": TEXT,
        "description": TEXT,
        "inputs": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "required": ["description"],
                "oneOf": [{"required": ["required"]}, {"required": ["default"]}],
                "properties": {"description": TEXT, "required": {"const": True}, "default": {"type": "string"}},
            },
        },
        "runs": {
            "type": "object",
            "additionalProperties": False,
            "required": ["using", "steps"],
            "properties": {
                "using": {"const": "composite"},
                "steps": {"type": "array", "minItems": 1, "items": _step("shell")},
            },
        },
    },
}

_ATTRIBUTES: dict[str, dict[str, Any]] = {
    "markdown": {"required": ["value"], "properties": {"value": TEXT}},
    "textarea": {"required": ["label"], "properties": {"label": TEXT, "description": TEXT, "render": TEXT}},
    "dropdown": {
        "required": ["label", "options"],
        "properties": {"label": TEXT, "description": TEXT, "options": {"type": "array", "items": TEXT, "minItems": 2}},
    },
    "checkboxes": {
        "required": ["label", "options"],
        "properties": {
            "label": TEXT,
            "options": {"type": "array", "items": {"type": "object", "required": ["label"]}, "minItems": 1},
        },
    },
}


def _element(kind: str) -> dict[str, Any]:
    """One element of a form; all but text have a name of their own."""
    attributes = {"type": "object", "additionalProperties": False, **_ATTRIBUTES[kind]}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["type", "attributes", *([] if kind == "markdown" else ["id"])],
        "properties": {
            "type": {"const": kind},
            "id": {"type": "string", "pattern": r"^[a-zA-Z0-9_-]+$"},
            "attributes": attributes,
            "validations": {
                "type": "object",
                "additionalProperties": False,
                "properties": {"required": {"type": "boolean"}},
            },
        },
    }


ISSUE_FORM = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "description", "body"],
    "properties": {
        "name": TEXT,
        "description": TEXT,
        "body": {"type": "array", "minItems": 1, "items": {"oneOf": [_element(kind) for kind in _ATTRIBUTES]}},
    },
}

ISSUE_CHOICE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["blank_issues_enabled"],
    "properties": {"blank_issues_enabled": {"type": "boolean"}},
}
