"""Which security level follows from an information system's facts.

Data in, level and articles out; nothing here talks to a cluster. The law is in the data files of `criteria/`, one a legal framework; what
a level then demands of an environment is a SecurityProfile. Controllers call this package, and it knows nothing but `citycloud.api`.
"""

from citycloud.levels.compute import ComputedLevel, compute_level, effective_level
from citycloud.levels.dossier import DossierState, dossier_state
from citycloud.levels.errors import LevelsError, UndecidableLevel, UnknownFramework
from citycloud.levels.framework import BilingualText, Criterion, Framework, framework_names, load_framework

__all__ = [
    "BilingualText",
    "ComputedLevel",
    "Criterion",
    "DossierState",
    "Framework",
    "LevelsError",
    "UndecidableLevel",
    "UnknownFramework",
    "compute_level",
    "dossier_state",
    "effective_level",
    "framework_names",
    "load_framework",
]
