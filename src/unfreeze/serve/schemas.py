"""What is sent and answered, as OpenAPI describes it.

Answers are built as plain dictionaries; these classes say what stands in them.
"""

from typing import Any, Literal

from pydantic import BaseModel, Field

__all__ = [
    "COLLECT_BODY",
    "PREDICT_BODY",
    "Alive",
    "Model",
    "Predictions",
    "Refusal",
    "Saved",
]

_Share = Field(ge=0, le=1)

_FILE = {"type": "string", "format": "binary"}

PREDICT_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["files"],
                "additionalProperties": False,
                "properties": {
                    "files": {"type": "array", "items": _FILE, "minItems": 1}
                },
            }
        },
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["images"],
                "additionalProperties": False,
                "properties": {
                    "images": {
                        "type": "array",
                        "minItems": 1,
                        "items": {
                            "type": "object",
                            "required": ["content"],
                            "additionalProperties": False,
                            "properties": {
                                "name": {"type": "string"},
                                "content": {"type": "string", "format": "byte"},
                            },
                        },
                    }
                },
            }
        },
    },
}

COLLECT_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "additionalProperties": False,
                "properties": {"file": _FILE, "label": {"type": "string"}},
            }
        }
    },
}


class Heat(BaseModel):
    """Where the model looked."""

    label: str
    rows: list[list[float]]
    square: list[float]


class Prediction(BaseModel):
    """Of a photo that could be read."""

    file: str
    label: str
    probability: float = _Share
    is_sure: bool
    probabilities: dict[str, float]
    labels: list[str] | None = None
    heat: Heat | None = None


class Unreadable(BaseModel):
    """A photo that could not be read, and why."""

    file: str
    error: str


class Predictions(BaseModel):
    """A row for each photo, in the order in which they were sent."""

    predictions: list[Prediction | Unreadable]


class ModelLimits(BaseModel):
    """What one request may hold."""

    files: int
    bytes: int
    pixels: int
    request_bytes: int


class Model(BaseModel):
    """What answers here, and how."""

    arch: str
    classes: list[str]
    task: Literal["single", "multi"]
    size: int
    least: float | None
    precision: str
    has_heat: bool
    note: str | None
    collects: bool
    needs_token: bool
    version: str
    sha256: str
    limits: ModelLimits


class Alive(BaseModel):
    """That the server can be asked."""

    status: str


class Saved(BaseModel):
    """Where a photo was put, below the folder of collected photos."""

    saved: str


class Refusal(BaseModel):
    """Why there is no answer: found, expected, what to do next."""

    error: str
    id: str | None = None
