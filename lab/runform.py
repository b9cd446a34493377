"""What a run file has to look like before anything in it is used: its header, and its arrays.

It may be a stranger's: names, types and shapes are those of the experiment that it claims to hold,
or it is refused with a plain reason.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.arrays import PRECISIONS
from core.layout import Layout
from core.names import state_shapes
from core.normalization import NORMS
from core.optimizers import OPTIMIZERS
from lab import VERSION
from lab.history import BUCKETS, RECENT_STEPS, columns_of
from lab.spec import Spec
from lab.statistics import STATISTICS
from lab.thumbnail import HEIGHT, WIDTH
from lab.trail import MOST_MOMENTS

FORMAT = 1
KEY = "backprop_lab"
LARGEST_HEADER = 8 << 20
NUMBER = {"float32": "F32", "float64": "F64"}  # safetensors' words for our precisions


class RunFileError(Exception):
    """A file that cannot be read as a run; the message is one sentence for people."""


@dataclass(frozen=True)
class _Shape:
    """What an array in the file must look like; None is any length up to `longest`."""

    dtype: str
    shape: tuple[int | None, ...]
    longest: int = 0

    def fits(self, dtype: str, shape: list[int]) -> bool:
        if dtype != self.dtype or len(shape) != len(self.shape):
            return False
        pairs = zip(shape, self.shape, strict=True)
        return all(
            n == wanted or (wanted is None and 0 <= n <= self.longest) for n, wanted in pairs
        )


def checked_header(content: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return our facts and the description of the arrays, both as the file has them."""
    not_a_run = RunFileError("it is not a run of Backprop Lab")
    if len(content) < struct.calcsize("<Q"):
        raise not_a_run
    (length,) = struct.unpack_from("<Q", content)
    if length > LARGEST_HEADER or content[8:9] != b"{":
        raise not_a_run
    if len(content) < 8 + length:
        raise RunFileError("it is cut short")
    try:
        header = json.loads(content[8 : 8 + length], object_pairs_hook=_distinct)
        facts = json.loads(header.pop("__metadata__")[KEY], object_pairs_hook=_distinct)
        version = facts["format"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise not_a_run from None
    if type(version) is not int or version < 1:
        raise not_a_run
    if version > FORMAT:
        raise RunFileError(
            f"it was saved by a newer version ({facts.get('version')}); this is {VERSION}"
        )
    ends = [entry["data_offsets"][1] for entry in header.values()]
    if len(content) < 8 + length + max(ends, default=0):
        raise RunFileError("it is cut short")
    return facts, header


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a name that is there twice: another reader might take the other one."""
    names = dict(pairs)
    if len(names) < len(pairs):
        raise ValueError("a name is there twice")
    return names


def check_arrays(header: Mapping[str, Any], spec: Spec) -> None:
    expected = _expected(spec)
    for name, entry in header.items():
        wanted = expected.pop(name, None)
        if wanted is None:
            raise RunFileError(f"it holds an array that does not belong to it ({name[:40]})")
        if not wanted.fits(entry["dtype"], entry["shape"]):
            raise RunFileError(f"its array {name} is {entry['dtype']} of shape {entry['shape']}")
    if expected:
        raise RunFileError(f"its array {min(expected)} is missing")


def _expected(spec: Spec) -> dict[str, _Shape]:
    number = NUMBER[PRECISIONS[spec.network.precision].dtype.name]
    sizes, norm = spec.sizes, NORMS[spec.cures.norm]
    named, runs = state_shapes(sizes, norm), spec.runs
    shapes = {name: _Shape(number, (*runs, *shape)) for name, shape in named.items()}
    total = Layout(sizes, normalized=norm.axis is not None).n_parameters
    n_slots = OPTIMIZERS[spec.training.optimizer].n_slots
    columns = columns_of(len(sizes) - 1, stacked=bool(runs))
    shapes["optimizer.slots"] = _Shape(number, (n_slots, *runs, total))
    shapes["order.permutation"] = _Shape("I64", (*runs, None), spec.data.samples)
    shapes["history.recent"] = _Shape("F64", (None, columns), 2 * RECENT_STEPS)
    for name in STATISTICS:
        shapes[f"history.{name}"] = _Shape("F64", (None, columns), BUCKETS)
    shapes["trail.steps"] = _Shape("I64", (None,), MOST_MOMENTS)
    shapes["trail.moments"] = _Shape(number, (None, *runs, total), MOST_MOMENTS)
    shapes["thumbnail"] = _Shape("U8", (HEIGHT, WIDTH, 3))
    return shapes
