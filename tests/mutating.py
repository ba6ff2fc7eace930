"""Model files as hostile or unlucky people leave them, each a function of a number."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import numpy as np

FIELD, SEAL = "unfreeze", "unfreeze_blake2b"

_MARK = "raw text goes here"
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 3, 31, 255, 4096, 4097, 2**31, 2**53, 2**63, 2**64,
    10**4000, 0.5, -0.5, 1.5, 1e308, 1e-320, "", "0", "F64", "I8", "BF16", "single",
    "multi", "original", "custom", "concat-pool", "lanczos", "a\0b", "é" * 500,
    "a" * 100_000, [], {}, [[]], [None], [1, 2, 3], [0.1, 0.2, 0.3], [8, 8], [2**40],
    ["a", "a", "b"], ["x", "y", "z"], {"a": 1}, [{"precision": 0.5, "threshold": 2}],
    "resnet18", "resnet18.tv_in1k", "test_vit", "eva_giant_patch14_560", "resnet9999",
    "hf_hub:nobody/nothing", "../../etc/passwd",
)  # fmt: skip
_RAW = (
    "NaN", "Infinity", "-Infinity", "1e999", "-1e999", "-0", "9" * 5_000,
    "[" * 5_000 + "]" * 5_000, "[" * 200_000, '{"a":' * 3_000 + "1" + "}" * 3_000,
    '{"a":1,"a":2}', '"\\ud800"', "[" + "0," * 100_000 + "0]", "", "'a'", "[1,]",
    '"unfinished', '"\\"' * 5_000, "/*c*/1", "0x10", "01", "tru",
)  # fmt: skip


class Parts:
    """A safetensors file, taken apart and put together again."""

    def __init__(self, whole: bytes) -> None:
        self.begin = 8 + int.from_bytes(whole[:8], "little")
        self.header = whole[8 : self.begin].decode().rstrip(" ")
        self.data = whole[self.begin :]

    def with_header(self, text: str) -> bytes:
        raw = text.encode(errors="surrogatepass")
        return len(raw).to_bytes(8, "little") + raw + self.data

    def description(self) -> str:
        text: str = json.loads(self.header)["__metadata__"][FIELD]
        return text

    def with_description(self, text: str) -> bytes:
        """The same file with other words about itself, sealed as ours are."""
        content = json.loads(self.header)
        content["__metadata__"] = {FIELD: text, SEAL: seal_of(text)}
        return self.with_header(json.dumps(content))


def seal_of(text: str) -> str:
    data = text.encode(errors="surrogatepass")
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def mutated(whole: bytes, number: int) -> tuple[bytes, str]:
    """Mutation ``number`` of a file, and how far it is disguised.

    ``plain`` ones keep the old seal, ``sealed`` ones say other things of the same
    tensors, and ``rehashed`` ones hold other tensors under a hash that fits.
    """
    rng = np.random.default_rng([20, number])
    kind = _KINDS[number % len(_KINDS)]
    return kind(whole, rng), _DISGUISES.get(kind, "plain")


def _somewhere(whole: bytes, rng: np.random.Generator) -> int:
    """A place in the header, half of the time."""
    end = Parts(whole).begin if rng.random() < 0.5 else len(whole)
    return int(rng.integers(end))


def _flip_bits(whole: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(whole)
    for _ in range(int(rng.integers(1, 5))):
        changed[_somewhere(whole, rng)] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def _set_byte(whole: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(whole)
    changed[_somewhere(whole, rng)] = int(rng.choice([*b' \t\n"{}[],:\\09-', 0, 255]))
    return bytes(changed)


def _truncate(whole: bytes, rng: np.random.Generator) -> bytes:
    return whole[: _somewhere(whole, rng)]


def _insert(whole: bytes, rng: np.random.Generator) -> bytes:
    place = _somewhere(whole, rng)
    return whole[:place] + rng.bytes(int(rng.integers(1, 64))) + whole[place:]


def _delete(whole: bytes, rng: np.random.Generator) -> bytes:
    place = _somewhere(whole, rng)
    return whole[:place] + whole[place + int(rng.integers(1, 64)) :]


def _swap(whole: bytes, rng: np.random.Generator) -> bytes:
    changed, size = bytearray(whole), int(rng.integers(1, 256))
    first, second = (_somewhere(whole[:-256], rng) for _ in range(2))
    first, second = min(first, second), max(first, second)
    size = min(size, second - first)
    changed[first : first + size] = whole[second : second + size]
    changed[second : second + size] = whole[first : first + size]
    return bytes(changed)


def _repeat(whole: bytes, rng: np.random.Generator) -> bytes:
    place, size = _somewhere(whole, rng), int(rng.integers(1, 256))
    return whole[: place + size] + whole[place:]


def _other_length(whole: bytes, rng: np.random.Generator) -> bytes:
    length = int.from_bytes(whole[:8], "little")
    values = [0, 1, 2, length - 1, length + 1, length + 8, len(whole), 2**31, 2**40]
    value = int(rng.choice([*values, 2**62])) if rng.random() < 0.8 else 2**64 - 1
    return value.to_bytes(8, "little") + whole[8:]


def _edit_header(whole: bytes, rng: np.random.Generator) -> bytes:
    parts = Parts(whole)
    return parts.with_header(_edited(parts.header, rng))


def _edit_description(whole: bytes, rng: np.random.Generator) -> bytes:
    parts = Parts(whole)
    return parts.with_description(_edited(parts.description(), rng))


def _spoil_header_text(whole: bytes, rng: np.random.Generator) -> bytes:
    parts = Parts(whole)
    return parts.with_header(_spoiled(parts.header, rng))


def _spoil_description_text(whole: bytes, rng: np.random.Generator) -> bytes:
    parts = Parts(whole)
    return parts.with_description(_spoiled(parts.description(), rng))


def _edit_weights(whole: bytes, rng: np.random.Generator) -> bytes:
    """Other numbers, a few of which are infinite or none."""
    parts = Parts(whole)
    data = bytearray(parts.data)
    for _ in range(int(rng.integers(1, 5))):
        place = int(rng.integers(len(data) // 4)) * 4
        odd = rng.choice([np.nan, np.inf, -np.inf]) if rng.random() < 0.3 else 1e-3
        data[place : place + 4] = np.float32(odd).tobytes()
    parts.data = bytes(data)
    return _rehashed(parts)


def _edit_tensors(whole: bytes, rng: np.random.Generator) -> bytes:
    """Tensors of other types, shapes and names, whose bytes are as many."""
    parts = Parts(whole)
    content = json.loads(parts.header)
    names = [name for name in content if name != "__metadata__"]
    first, second = (str(name) for name in rng.choice(names, 2, replace=False))
    entry = content[first]
    count = int(np.prod(entry["shape"], dtype=int))
    match int(rng.integers(5)):
        case 0:
            content[first], content[second] = content[second], content[first]
        case 1:
            entry["shape"] = [[count], [count, 1], [1, count], [1] * 7 + [count]][
                int(rng.integers(4))
            ]
        case 2 if entry["dtype"] == "F32":
            entry["dtype"] = str(rng.choice(["I32", "U32"]))
        case 3 if entry["dtype"] == "F32":
            entry["dtype"] = str(rng.choice(["F16", "BF16", "U8"]))
            entry["shape"] = [count * 4 if entry["dtype"] == "U8" else count * 2]
        case _:
            content[f"{first}x"] = content.pop(first)
    parts.header = json.dumps(content)
    return _rehashed(parts)


def _rehashed(parts: Parts) -> bytes:
    content = json.loads(parts.header)
    said = json.loads(content.pop("__metadata__")[FIELD])
    digest = hashlib.blake2b(digest_size=16)
    for name in sorted(content):
        entry = content[name]
        begin, end = entry["data_offsets"]
        dtype, shape = _TORCH_NAMES[entry["dtype"]], tuple(entry["shape"])
        digest.update(f"{name}\0torch.{dtype}\0{shape}\n".encode())
        digest.update(parts.data[begin:end])
    return parts.with_description(json.dumps({**said, "digest": digest.hexdigest()}))


_TORCH_NAMES = {"F32": "float32", "I32": "int32", "U32": "uint32", "I64": "int64",
                "F16": "float16", "BF16": "bfloat16", "U8": "uint8"}  # fmt: skip

_KINDS: tuple[Callable[[bytes, np.random.Generator], bytes], ...] = (
    _flip_bits, _set_byte, _truncate, _insert, _delete, _swap, _repeat, _other_length,
    _edit_header, _edit_description, _spoil_header_text, _spoil_description_text,
    _edit_header, _edit_description, _edit_weights, _edit_tensors,
)  # fmt: skip
_DISGUISES = {
    _edit_description: "sealed",
    _spoil_description_text: "sealed",
    _edit_weights: "rehashed",
    _edit_tensors: "rehashed",
}


def _edited(text: str, rng: np.random.Generator) -> str:
    """Put a hostile value, or none, where some value or name of the JSON was."""
    content = json.loads(text)
    holder, key = _some_place(content, rng)
    fate = rng.random()
    if fate < 0.1:
        del holder[key]
    elif fate < 0.2 and isinstance(holder, dict):
        holder[str(rng.choice(["", "extra", "a" * 5_000]))] = holder.pop(key)
    elif fate < 0.7:
        holder[key] = _VALUES[int(rng.integers(len(_VALUES)))]
    else:
        holder[key] = _MARK
        raw = _RAW[int(rng.integers(len(_RAW)))]
        return json.dumps(content).replace(json.dumps(_MARK), raw)
    return json.dumps(content)


def _some_place(
    content: Any,  # noqa: ANN401 - JSON
    rng: np.random.Generator,
) -> tuple[Any, Any]:
    """A list or object somewhere inside, and one of its keys."""
    while True:
        keys = list(content) if isinstance(content, dict) else range(len(content))
        key = keys[int(rng.integers(len(keys)))]
        inner = content[key]
        if not isinstance(inner, dict | list) or not inner or rng.random() < 0.2:
            return content, key
        content = inner


def _spoiled(text: str, rng: np.random.Generator) -> str:
    place = int(rng.integers(len(text)))
    size = int(rng.integers(1, 20))
    pieces = ["NaN", "\ud800", "[" * 3_000, " " * 50_000, text[place - size : place]]
    pieces += ["", *'[{}]"\\,: \n\0']
    piece = pieces[int(rng.integers(len(pieces)))]
    return text[:place] + piece + text[place + int(rng.integers(size)) :]
