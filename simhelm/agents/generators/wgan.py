"""A Wasserstein GAN with gradient penalty as a generator of traces."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simhelm.agents.generators.conditions import Standardised
from simhelm.agents.generators.distances import energy_distance
from simhelm.agents.generators.multilayer import Layers, evaluate, multiplications
from simhelm.agents.generators.pod import Pod
from simhelm.agents.generators.wgan_settings import WGANSettings

Floats = NDArray[np.float64]

_FORMAT = 1


@dataclasses.dataclass(frozen=True, eq=False)
class WGANGP:
    """POD scores made from random numbers by a network that a critic trained.

    Sources: Gulrajani et al., Improved Training of Wasserstein GANs (2017). All scores are on
    one scale, the generator's weights are averaged over steps, and the checkpoint is the one
    whose samples have the smallest energy distance to samples that were not trained on.

    Attributes:
        pod: of the training traces.
        layers: of the generator.
        latent: random numbers a sample is made of.
        conditions: scale of the inputs, and those of training.
        step: generator step of the chosen checkpoint.
        checks: energy distance of the scores at every checkpoint.
        training_work: multiplications that training took, counted from the networks' sizes.
    """

    pod: Pod
    layers: Layers
    latent: int
    conditions: Standardised
    step: int
    checks: tuple[float, ...]
    training_work: float

    @classmethod
    def fit(
        cls,
        traces: Floats,
        *,
        inputs: Floats | None = None,
        settings: WGANSettings = WGANSettings(),
        energy: float = 0.999,
        seed: int = 0,
    ) -> WGANGP:
        """Train; same seed, same bits.

        Args:
            traces: shape (samples, ...), finite, at least ten samples.
            inputs: what samples are conditioned on, shape (samples, c); None for a generator
                without conditions.
            settings: sizes and steps.
            energy: share of the variance that the kept POD modes hold.
            seed: of everything random.

        Raises:
            ImportError: torch is missing.
            ValueError: as in :meth:`Pod.fit`, or inputs that do not fit.
            FloatingPointError: training diverged.
        """
        try:
            from simhelm.agents.generators.wgan_training import train
        except ModuleNotFoundError as error:
            if error.name != "torch":
                raise
            raise ImportError("WGANGP.fit needs torch: pip install 'simhelm[gp]'") from error
        conditions = Standardised.fit(inputs, len(traces))
        pod = Pod.fit(traces, energy)
        scores, given = pod.scores(traces), conditions.scaled(conditions.training)
        rng = np.random.default_rng(seed)
        kept, left = _split(len(scores), settings.held_out, rng)
        noise = rng.standard_normal((max(400, len(left)), settings.latent))
        drawn = left[rng.integers(len(left), size=len(noise))]

        def judge(layers: Layers) -> float:
            made = evaluate(layers, np.hstack([noise, given[drawn]]))
            return energy_distance(
                np.hstack([made, given[drawn]]), np.hstack([scores[left], given[left]])
            )

        trained = train(scores[kept], given[kept], settings, int(rng.integers(2**62)), judge)
        work = training_work(pod.modes.shape[0], given.shape[1], settings)
        return cls(
            pod, trained.layers, settings.latent, conditions, trained.step, trained.scores, work
        )

    def sample(
        self, count: int, rng: np.random.Generator, *, inputs: Floats | None = None
    ) -> Floats:
        """``count`` traces of the training shape.

        Args:
            inputs: one a sample, shape (count, c); None draws from those of training.
        """
        given = self.conditions.given(count, rng, inputs)
        noise = rng.standard_normal((count, self.latent))
        return self.pod.traces(evaluate(self.layers, np.hstack([noise, given])))

    def save(self, path: Path) -> None:
        """Write plain arrays, as ``.npz``."""
        arrays = {f"weight{i}": weight for i, (weight, _) in enumerate(self.layers)}
        arrays |= {f"bias{i}": bias for i, (_, bias) in enumerate(self.layers)}
        with path.open("wb") as file:
            np.savez(
                file,
                format=_FORMAT,
                shape=np.array(self.pod.shape),
                mean=self.pod.mean,
                modes=self.pod.modes,
                scale=self.pod.scale,
                inputs=self.conditions.training,
                latent=self.latent,
                step=self.step,
                checks=np.array(self.checks),
                training_work=self.training_work,
                **arrays,  # type: ignore[arg-type]
            )

    @classmethod
    def load(cls, path: Path) -> WGANGP:
        """Read what :meth:`save` wrote; nothing in the file is executed.

        Raises:
            ValueError: not such a file, or arrays that do not fit each other.
        """
        try:
            with np.load(path, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            return cls._from_arrays(arrays)
        except (KeyError, TypeError, EOFError, OSError) as error:
            if isinstance(error, FileNotFoundError):
                raise
            raise ValueError(f"{path}: not a file that WGANGP.save wrote: {error}") from error

    @classmethod
    def _from_arrays(cls, arrays: dict[str, NDArray[np.float64]]) -> WGANGP:
        if int(arrays["format"]) != _FORMAT:
            raise ValueError(f"format: expected {_FORMAT}, got {arrays['format']}")
        shape = tuple(int(number) for number in arrays["shape"])
        pod = Pod(shape, arrays["mean"], arrays["modes"], float(arrays["scale"]))
        count = sum(name.startswith("weight") for name in arrays)
        layers = tuple((arrays[f"weight{i}"], arrays[f"bias{i}"]) for i in range(count))
        latent, inputs = int(arrays["latent"]), arrays["inputs"]
        _check_sizes(pod, layers, latent + inputs.shape[1])
        conditions = Standardised.fit(inputs, len(inputs))
        checks = tuple(arrays["checks"].tolist())
        work = float(arrays["training_work"])
        return cls(pod, layers, latent, conditions, int(arrays["step"]), checks, work)


def training_work(modes: int, conditions: int, settings: WGANSettings) -> float:
    """Multiplications of a training, counted from the sizes of the networks.

    A pass backwards costs two forwards; the penalty's slope costs two passes forwards, and as
    much again as any graph for its derivatives.
    """
    width = settings.width
    generator = (settings.latent + conditions) * width + width * width + width * modes
    critic = (modes + conditions) * width + width * width + width
    critic_step = generator + 2 * 3 * critic + 2 * 3 * critic
    generator_step = 3 * (generator + critic)
    each = settings.critic_steps * critic_step + generator_step
    return float(settings.steps) * settings.batch * each


def sampling_work(generator: WGANGP) -> float:
    """Multiplications of one sample: the network, and its modes."""
    return float(multiplications(generator.layers) + generator.pod.modes.size)


def _split(
    count: int, share: float, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    if count < 10:
        raise ValueError(f"traces: expected at least 10 samples, got {count}")
    order = rng.permutation(count)
    held_out = max(2, round(share * count))
    return order[held_out:], order[:held_out]


def _check_sizes(pod: Pod, layers: Layers, inputs: int) -> None:
    """Raise ValueError unless the arrays fit each other and are finite numbers."""
    sizes = [inputs]
    for weight, bias in layers:
        if weight.ndim != 2 or weight.shape[0] != sizes[-1] or bias.shape != weight.shape[1:]:
            raise ValueError(f"layers: shapes {weight.shape} and {bias.shape} do not fit")
        sizes.append(weight.shape[1])
    entries = int(np.prod(pod.shape))
    if pod.mean.shape != (entries,) or pod.modes.shape != (sizes[-1], entries):
        raise ValueError(f"modes: expected shape ({sizes[-1]}, {entries}), got {pod.modes.shape}")
    for array in (pod.mean, pod.modes, *(array for layer in layers for array in layer)):
        if array.dtype != np.float64 or not np.isfinite(array).all():
            raise ValueError("arrays: expected finite numbers of 64 bits")
