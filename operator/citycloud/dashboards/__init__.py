"""The view of a department, as Perses reads it: generated from the catalogue of views, and put into each home where Perses is there.

Here and not beside the other views, because the operator's image holds this one: who may read a home may read what stands in it, so the
right that an organisation gives its people is also the list of who may see its dashboard.
"""

import functools
import importlib.resources
from collections.abc import Mapping
from typing import Any

import orjson


@functools.cache
def department_views() -> Mapping[str, Mapping[str, Any]]:
    """Read the view in each language, as the specification of a dashboard."""
    files = [each for each in importlib.resources.files(__package__).iterdir() if each.name.endswith(".json")]
    return {
        file.name.removesuffix(".json").rpartition("-")[2]: orjson.loads(file.read_bytes()) for file in files if file.name.endswith(".json")
    }
