"""The state of a training in one file of plain arrays: nothing is pickled, nothing unpickled.

Stable-Baselines3's own files hold pickled parts. Here are the parameters and the optimizers'
moments, the replay buffer, the counters, the states of the generators, and of every environment
the episode under way as (series, number, actions), which is replayed. A training that resumes
there takes the same steps, bit for bit, as one that was never stopped; this is checked with
the last observations.
"""

from __future__ import annotations

import json
import operator
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simhelm.core.errors import DirectoryError
from simhelm.experiments.atomic_write import atomic_write

Arrays = dict[str, NDArray[Any]]

_COUNTERS = (
    "num_timesteps", "_n_updates", "_episode_num", "_n_calls", "exploration_rate",
    "_current_progress_remaining",
)  # fmt: skip
_BUFFER = ("observations", "next_observations", "actions", "rewards", "dones", "timeouts")


def save_checkpoint(path: Path, model: Any, document: dict[str, Any]) -> None:
    """Write the state of a model between two rollouts; a half-written file is never left.

    Args:
        document: what else is kept, JSON-like.
    """
    state, arrays = _captured(model)
    text = json.dumps({**document, "state": state}, allow_nan=False)
    with atomic_write(path) as part, part.open("wb") as file:
        np.savez(file, allow_pickle=False, document=np.array(text), **arrays)


def read_checkpoint(path: Path) -> tuple[dict[str, Any], Arrays]:
    """The document and the arrays of a checkpoint.

    Raises:
        DirectoryError: it cannot be read.
    """
    try:
        # Opened here, as np.load leaves a corrupt file open.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        return json.loads(str(arrays.pop("document"))), arrays
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise DirectoryError(f"{path}: not a readable checkpoint: {error}") from error


def restore(model: Any, document: dict[str, Any], arrays: Arrays) -> None:
    """Put a freshly made model, and its environments, into the state of a checkpoint.

    Raises:
        DirectoryError: the environments did not come back as they were.
    """
    import torch

    state = document["state"]
    _restore_parameters(model, state, arrays)
    _restore_buffer(model, state, arrays)
    for name, value in state["counters"].items():
        setattr(model, name, value)
    model.ep_info_buffer.extend(state["episodes"])
    model._last_episode_starts = arrays["last_episode_starts"]
    model._last_obs = _replayed(model.env, state["episodes_under_way"], arrays)
    if not np.array_equal(model._last_obs, arrays["last_obs"]):
        raise DirectoryError(
            "the environments did not come back as they were: they are not functions of seed and "
            "actions, or another version made the checkpoint; train again with --overwrite"
        )
    model.action_space.np_random.bit_generator.state = state["action_space"]
    torch.set_rng_state(torch.from_numpy(arrays["torch_generator"]))
    words, position, has_gauss, cached = state["numpy_generator"]
    legacy = ("MT19937", np.array(words, np.uint32), position, has_gauss, cached)
    np.random.set_state(legacy)  # noqa: NPY002 - what Stable-Baselines3 draws from


def _captured(model: Any) -> tuple[dict[str, Any], Arrays]:
    import torch

    arrays: Arrays = {
        "last_obs": model._last_obs,
        "last_episode_starts": model._last_episode_starts,
        "torch_generator": torch.get_rng_state().numpy(),
    }
    legacy: Any = np.random.get_state()  # noqa: NPY002 - see above
    state: dict[str, Any] = {
        "counters": {name: getattr(model, name) for name in _COUNTERS if hasattr(model, name)},
        "episodes": list(model.ep_info_buffer),
        "action_space": model.action_space.np_random.bit_generator.state,
        "numpy_generator": [legacy[1].tolist(), *legacy[2:]],
        "episodes_under_way": _under_way(model.env, arrays),
        "learning_rates": _capture_parameters(model, arrays),
        "buffer": _capture_buffer(model, arrays),
    }
    return state, arrays


def _under_way(vector: Any, arrays: Arrays) -> list[list[int]]:
    states = vector.env_method("state")
    for index, state in enumerate(states):
        arrays[f"actions/{index}"] = state["actions"]
    return [[state["key"], state["number"]] for state in states]


def _replayed(vector: Any, episodes: list[list[int]], arrays: Arrays) -> NDArray[Any]:
    observations = []
    for index, (key, number) in enumerate(episodes):
        state = {"key": key, "number": number, "actions": arrays[f"actions/{index}"]}
        observations += vector.env_method("replay", state, indices=index)
    return np.stack(observations)


def _capture_parameters(model: Any, arrays: Arrays) -> dict[str, list[float]]:
    """Parameters and moments into arrays; gives the learning rates of every optimizer."""
    tensors, optimizers = _learned(model)
    rates: dict[str, list[float]] = {}
    for name, optimizer in optimizers.items():
        content = optimizer.state_dict()
        rates[name] = [group["lr"] for group in content["param_groups"]]
        for index, moments in content["state"].items():
            tensors |= {f"{name}/{index}/{key}": tensor for key, tensor in moments.items()}
    arrays |= {name: tensor.detach().cpu().numpy() for name, tensor in tensors.items()}
    return rates


def _restore_parameters(model: Any, state: dict[str, Any], arrays: Arrays) -> None:
    import torch

    tensors, optimizers = _learned(model)
    with torch.no_grad():
        for name, tensor in tensors.items():
            tensor.copy_(torch.from_numpy(arrays[name]))
    for name, optimizer in optimizers.items():
        content = optimizer.state_dict()
        for group, rate in zip(content["param_groups"], state["learning_rates"][name], strict=True):
            group["lr"] = rate
        moments: dict[int, dict[str, Any]] = {}
        for path in [path for path in arrays if path.startswith(f"{name}/")]:
            _, index, key = path.rsplit("/", 2)
            moments.setdefault(int(index), {})[key] = torch.from_numpy(arrays[path].copy())
        optimizer.load_state_dict({**content, "state": moments})


def _learned(model: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The model's own tensors, not copies, and its optimizers, by name."""
    tensors: dict[str, Any] = {}
    optimizers: dict[str, Any] = {}
    parts, variables = model._get_torch_save_params()
    for name in parts:
        part = operator.attrgetter(name)(model)
        content = part.state_dict()
        if "param_groups" in content:
            optimizers[name] = part
        else:
            tensors |= {f"{name}/{key}": tensor for key, tensor in content.items()}
    return tensors | {name: operator.attrgetter(name)(model) for name in variables}, optimizers


def _capture_buffer(model: Any, arrays: Arrays) -> dict[str, Any] | None:
    buffer = getattr(model, "replay_buffer", None)
    if buffer is None:
        return None
    filled = buffer.buffer_size if buffer.full else buffer.pos
    for name in _BUFFER:
        arrays[f"buffer/{name}"] = getattr(buffer, name)[:filled]
    return {"pos": buffer.pos, "full": buffer.full}


def _restore_buffer(model: Any, state: dict[str, Any], arrays: Arrays) -> None:
    if state["buffer"] is None:
        return
    buffer = model.replay_buffer
    for name in _BUFFER:
        stored = arrays[f"buffer/{name}"]
        getattr(buffer, name)[: len(stored)] = stored
    buffer.pos, buffer.full = state["buffer"]["pos"], state["buffer"]["full"]
