"""Every method by its name, with what its adversarial loss counts."""

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

_BUILDERS: Mapping[Method, Callable[[AdaptationConfig, float], Objective]] = MappingProxyType(
    {
        "source-only": lambda config, _: SourceOnly(config),
        "dann": Dann,
        "san-selective": San,
        "san-entropy": lambda config, weight: Dann(config, weight, entropy_weight=config.entropy_weight),
        "san": lambda config, weight: San(config, weight, entropy_weight=config.entropy_weight),
        "pada": Pada,
        "etn": Etn,
        "ba3us": Ba3us,
    }
)


def objective(method: Method, config: AdaptationConfig) -> Objective:
    """A fresh objective, whose own networks are not drawn yet."""
    return _BUILDERS[method](config, config.weight_of(method))
