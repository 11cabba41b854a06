"""Every method by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from models.adaptation.config import AdaptationConfig, Method
from models.adaptation.methods.ba3us import Ba3us
from models.adaptation.methods.baselines import Dann, SourceOnly
from models.adaptation.methods.etn import Etn
from models.adaptation.methods.objective import Objective
from models.adaptation.methods.pada import Pada
from models.adaptation.methods.san import San

OBJECTIVES: Mapping[Method, Callable[[AdaptationConfig], Objective]] = MappingProxyType(
    {
        "source-only": SourceOnly,
        "dann": Dann,
        "san-selective": San,
        "san-entropy": lambda config: Dann(config, entropy_weight=config.entropy_weight),
        "san": lambda config: San(config, entropy_weight=config.entropy_weight),
        "pada": Pada,
        "etn": Etn,
        "ba3us": Ba3us,
    }
)
"""Builders of fresh objectives, whose networks are not drawn yet."""
