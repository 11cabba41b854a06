"""Scores by which a step is chosen without target labels; the higher, the better for every one of them.

No score is right everywhere. Salvador et al. 2022 ("A reproducible and realistic evaluation of partial domain
adaptation methods") find that the choice without target labels costs up to 30 points of accuracy, so what each one
cannot see stands beside it. A score is NaN where it is undefined: without examples, or where a network's outputs are
not finite.
"""

from __future__ import annotations

from warnings import catch_warnings, simplefilter

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from models.adaptation.config import Selector
from models.data.labelled import UNKNOWN

DENSITY_EXAMPLES = 500
"""Examples of each domain, at most, that the density ratio of `dev` is fitted on."""
NEIGHBOURS = 1000
"""Examples of the target, at most, whose neighbourhoods `snd` looks at."""
TEMPERATURE = 0.05
"""Of the softmax over neighbours, as Saito et al. 2021 set it."""

_PENALTY = 0.1  # L2, per example, of the domain classifier on standardised features
_LARGEST = np.log(1e3)  # an importance weight beyond says no more than "like the target"

Numbers = NDArray[np.float64]
Floats = NDArray[np.floating]


def scores(
    source_probabilities: Floats,
    source_labels: NDArray[np.int64],
    source_features: Floats,
    train_features: Floats,
    target_probabilities: Floats,
    target_features: Floats,
) -> dict[Selector, float]:
    """Every score of one network.

    Args:
        source_probabilities: (n, K), of the held-out source; rows sum to 1.
        source_labels: (n,) in [0, K), or `UNKNOWN`: such examples are left out.
        source_features: (n, d), bottleneck features of the same examples.
        train_features: (m, d), of source examples that were trained on.
        target_probabilities: (t, K), of the target.
        target_features: (t, d).
    """
    labelled = source_labels != UNKNOWN
    correct = source_probabilities[labelled].argmax(1) == source_labels[labelled]
    finite = bool(np.isfinite(source_probabilities[labelled]).all())
    return {
        "source-validation": float(correct.mean()) if len(correct) and finite else np.nan,
        "entropy": entropy(target_probabilities),
        "infomax": infomax(target_probabilities),
        "dev": dev(~correct, source_features[labelled], train_features, target_features)
        if finite
        else np.nan,
        "snd": snd(target_probabilities),
    }


def entropy(probabilities: Floats) -> float:
    """Minus the mean entropy of predictions, -mean H(p), nats (Grandvalet & Bengio 2004).

    It cannot tell sure from right: a network that calls everything one class has the best score there is.

    Args:
        probabilities: (t, K); rows sum to 1.

    Returns:
        A value in [-log K, 0].
    """
    if not _usable(probabilities):
        return np.nan
    return -float(_entropies(probabilities.astype(np.float64)).mean())


def infomax(probabilities: Floats) -> float:
    """Mutual information of example and prediction, H(mean p) - mean H(p), nats (Bridle et al. 1991; Shi & Sha 2012).

    A collapse to one class has the worst score. The first term rewards using all K classes alike, though, which is
    wrong of a partial target: a network that spreads the target over classes that are not there may score higher.

    Args:
        probabilities: (t, K); rows sum to 1.

    Returns:
        A value in [0, log K].
    """
    if not _usable(probabilities):
        return np.nan
    exact = probabilities.astype(np.float64)
    return max(float(_entropies(exact.mean(0)) - _entropies(exact).mean()), 0.0)


def snd(probabilities: Floats, temperature: float = TEMPERATURE) -> float:
    """Soft neighbourhood density: how many others each prediction is close to (Saito et al. 2021, Sec. 3), nats.

    mean_i H(P_i), P_ij = softmax over j != i of <p_i, p_j> / (|p_i| |p_j| temperature). Dense clusters score high,
    and one cluster highest: a collapse to one class is not seen. From a sample of the target.

    Args:
        probabilities: (t, K); rows sum to 1.
        temperature: of the softmax.

    Returns:
        A value in [0, log(min(t, `NEIGHBOURS`) - 1)]; NaN below two examples.
    """
    if len(probabilities) < 2 or not _usable(probabilities):
        return np.nan
    sampled = _sample(probabilities, NEIGHBOURS).astype(np.float32)
    unit = sampled / np.linalg.norm(sampled, axis=1, keepdims=True)
    similarity = unit @ unit.T
    similarity -= 1  # the largest there is: exponents stay in range
    similarity /= temperature
    share = np.exp(similarity)
    np.fill_diagonal(share, 0)  # an example is no neighbour of its own
    total = np.maximum(share.sum(1, dtype=np.float64), np.finfo(np.float64).tiny)
    # The entropy of p = share / total, as log(total) - sum p log(share)
    similarity *= share
    return float((np.log(total) - similarity.sum(1, dtype=np.float64) / total).mean())


def dev(
    errors: NDArray[np.bool_], features: Floats, train_features: Floats, target_features: Floats
) -> float:
    """Deep embedded validation: minus an estimate of the error on the target (You et al. 2019, Algorithms 1 and 2).

    The errors of held-out source examples are weighted by how much likelier their features are in the target, with the
    weights' mean, known to be 1, as a control variate. It assumes that the error given the features is the same in
    both domains, so it cannot see target examples that were aligned with the wrong class. Where the held-out source has
    no errors the estimate is 0, whatever the weights are.

    Args:
        errors: (n,) of the held-out source, where its prediction is wrong.
        features: (n, d), their bottleneck features.
        train_features: (m, d), of source examples that were trained on.
        target_features: (t, d).

    Returns:
        Minus the risk; a control variate can take it out of [-1, 0] a little. NaN without examples of each kind.
    """
    if not len(errors) or not all(map(_usable, (features, train_features, target_features))):
        return np.nan
    return -controlled_risk(
        density_ratio(features, train_features, target_features), errors.astype(np.float64)
    )


def controlled_risk(weights: Numbers, errors: Numbers) -> float:
    """The importance-weighted risk with the weights as control variate (You et al. 2019, Algorithm 1).

    mean(w l) + eta mean(w) - eta, eta = -Cov(w l, w) / Var(w). Where all weights are the same, whatever they are, they
    say nothing, and the risk is mean(l).

    Args:
        weights: (n,) n > 0, estimates of a density ratio.
        errors: (n,) losses of the same examples.
    """
    mean = weights.mean()
    centred = weights - mean
    if np.abs(centred).max() <= 1e-6 * mean:
        return float(errors.mean())
    losses = weights * errors
    eta = -float(centred @ losses) / float(centred @ centred)
    return float(losses.mean() + eta * mean - eta)


def density_ratio(features: Floats, train_features: Floats, target_features: Floats) -> Numbers:
    """How much likelier features are in the target than in the source (You et al. 2019, Algorithm 2).

    w(f) = (m / t) P(target | f) / P(source | f), by an L2-regularised logistic regression that tells the two apart,
    from a sample of each.

    Args:
        features: (n, d), where the ratio is wanted.
        train_features: (m, d) m > 0, of the source.
        target_features: (t, d) t > 0.

    Returns:
        (n,) in [0.001, 1000].
    """
    source, target = (
        _sample(each, DENSITY_EXAMPLES).astype(np.float64) for each in (train_features, target_features)
    )
    known = np.concatenate([source, target])
    centre, spread = known.mean(0), known.std(0)
    spread[spread < 1e-9] = 1.0  # a feature that never differs says nothing, and divides nothing
    of_target = np.repeat([0, 1], [len(source), len(target)])
    classifier = LogisticRegression(
        C=1 / (_PENALTY * len(known)), solver="newton-cholesky", tol=1e-3, max_iter=30
    )
    with catch_warnings():
        simplefilter("ignore", ConvergenceWarning)  # a classifier that is nearly the best one serves as well
        classifier.fit((known - centre) / spread, of_target)
    logits = classifier.decision_function((features.astype(np.float64) - centre) / spread)
    # P(target) / P(source) = exp(logit), which the sizes of the two samples take part in
    return np.exp(np.clip(logits + np.log(len(source) / len(target)), -_LARGEST, _LARGEST))


def _entropies(probabilities: Numbers) -> Numbers:
    return -xlogy(probabilities, probabilities).sum(-1)


def _usable(values: Floats) -> bool:
    return len(values) > 0 and bool(np.isfinite(values).all())


def _sample(values: Floats, most: int) -> Floats:
    """At most so many rows, always the same ones of as many."""
    if len(values) <= most:
        return values
    return values[np.random.default_rng(0).choice(len(values), most, replace=False)]
