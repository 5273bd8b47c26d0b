"""The pictures of the README: ``python examples/pictures.py docs/pictures``.

Every environment that can be seen is played by one of its baselines and drawn with
``render_mode="rgb_array"``; sequential ones become animations, designs a picture.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import gymnasium
from PIL import Image

import simhelm  # noqa: F401 - registers the environments

# Name of the file, environment, its arguments, baseline, steps, steps a picture, width in pixels.
ANIMATIONS: tuple[tuple[str, str, dict[str, Any], str, int, int, int], ...] = (
    ("orbits.gif", "simhelm/ThreeBody-v0", {}, "mu=0.00215", 90, 3, 240),
    ("heat.gif", "simhelm/Heat2D-v0", {"nx": 50}, "omega=1.5", 400, 25, 240),
    ("solves.gif", "simhelm/SolverSequence-v0", {}, "oracle (best factor a step)", 90, 5, 280),
    ("purchases.gif", "simhelm/SubmodelEnrichment-v0", {}, "largest variance", 36, 3, 280),
    ("proposal.gif", "simhelm/RareEventSubmodel-v0", {}, "cross-entropy, conditioned", 10, 1, 280),
)
PICTURES: tuple[tuple[str, str, dict[str, Any], int], ...] = (
    ("town.png", "simhelm/ModeChoice-v0", {}, 420),
    ("plate.png", "simhelm/ImpactedPlate-v0", {"size": 0.08 / 18}, 480),
    ("chip.png", "simhelm/Accelerator-v0", {}, 480),
    ("banks.png", "simhelm/DramController-v0", {}, 480),
)


def animate(
    path: Path, env_id: str, arguments: dict[str, Any], baseline: str, steps: int, every: int,
    width: int,
) -> None:  # fmt: skip
    """Play a baseline from seed 1 and write every so-manieth picture as a GIF."""
    env: Any = gymnasium.make(env_id, render_mode="rgb_array", **arguments)
    env.reset(seed=1)
    policy = env.unwrapped.baselines()[baseline].policy
    frames = []
    for step in range(steps):
        env.step(policy())
        if step % every == 0:
            frames.append(small(env.render(), width, colours=32))
    first, *rest = frames
    first.save(path, save_all=True, append_images=rest, duration=100, loop=0, optimize=True)
    env.close()


def draw(path: Path, env_id: str, arguments: dict[str, Any], width: int) -> None:
    """Play the rule of thumb from seed 1 and write the picture as a PNG."""
    env: Any = gymnasium.make(env_id, render_mode="rgb_array", **arguments)
    env.reset(seed=1)
    env.step(env.unwrapped.baselines()["rule of thumb"].policy())
    small(env.render(), width, colours=200).save(path, optimize=True)
    env.close()


def small(frame: Any, width: int, *, colours: int) -> Image.Image:
    """A picture of that width in few colours, so that the file is small."""
    picture = Image.fromarray(frame)
    height = round(width * picture.height / picture.width)
    resized = picture.resize((width, height), Image.Resampling.LANCZOS)
    return resized.quantize(colours, dither=Image.Dither.NONE)


def main(folder: Path, names: list[str] | None = None) -> None:
    """Write all pictures, or those of the given file names, into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, *animation in ANIMATIONS:
        if not names or name in names:
            animate(folder / name, *animation)  # type: ignore[arg-type]
    for name, *picture in PICTURES:
        if not names or name in names:
            draw(folder / name, *picture)  # type: ignore[arg-type]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", help="file names; all by default")
    chosen = parser.parse_args()
    main(chosen.folder, chosen.names)
