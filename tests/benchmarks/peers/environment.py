"""A peer's own virtual environment, so that its requirements never mix with ours."""

import json
import subprocess
import sys
from pathlib import Path


def environment(folder: Path, name: str, requirements: tuple[str, ...]) -> Path:
    """The folder of a peer's commands; the environment is made and installed into where it is not there yet."""
    commands = folder / name / "bin"
    if not (commands / "installed").exists():
        subprocess.run([sys.executable, "-m", "venv", folder / name], check=True)
        subprocess.run([commands / "pip", "install", *requirements], check=True, stdout=sys.stderr)
        (commands / "installed").touch()
    return commands


def versions(commands: Path, names: tuple[str, ...]) -> dict[str, str]:
    """Versions of the named packages in a peer's environment."""
    listed = subprocess.run(
        [commands / "pip", "list", "--format", "json"], check=True, capture_output=True, text=True
    ).stdout
    installed = {package["name"].lower(): package["version"] for package in json.loads(listed)}
    return {name: installed[name] for name in names}
