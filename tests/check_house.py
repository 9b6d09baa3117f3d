"""House rules that no linter knows: file length, no unsafe loading, no machine's own paths."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAX_LINES = 400
FOLDERS = {"latentlab", "resources", "tests", "assets", ".ci", ".github"}
# Spelled in pieces, so that this file does not find itself.
UNSAFE = [
    r"^\s*(import|from) (pick" + r"le|job" + r"lib|cpick" + r"le)\b",
    r"allow_pick" + r"le\s*=\s*True",
    r"weights_only\s*=\s*Fal" + r"se",
    r"torch\.jit\.lo" + r"ad",
    r"yaml\.lo" + r"ad\(",
    r"(?<![\w.])ev" + r"al\(",
    r"(?<![\w.])ex" + r"ec\(",
    r"except\s*:\s*$",
]
MACHINE_PATHS = r"(^|[^A-Za-z0-9_.])/(wo" + r"rk|ho" + r"me/\w+|ro" + r"ot)/"


def tracked() -> list[Path]:
    """The files that git tracks (or, outside a checkout, all there are)."""
    found = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split("\n")
    paths = [ROOT / name for name in found if name] or list(ROOT.rglob("*.py"))
    return [path for path in paths if path.is_file()]


def findings(path: Path) -> list[str]:
    """What is wrong with one file."""
    name = path.relative_to(ROOT)
    if path.suffix not in {".py", ".md", ".toml", ".sh", ".txt", ".qss", ""}:
        return []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return []
    found = []
    if path.suffix == ".py" and len(lines) > MAX_LINES:
        found.append(
            f"{name}: {len(lines)} lines; at most {MAX_LINES}: which two things does it do?"
        )
    rules = [*(UNSAFE if path.suffix == ".py" else []), MACHINE_PATHS]
    for number, line in enumerate(lines, 1):
        found += [
            f"{name}:{number}: {line.strip()[:90]}" for rule in rules if re.search(rule, line)
        ]
    return found


def main() -> int:
    """Print what breaks a rule; return 1 if anything does."""
    paths = tracked()
    found = [finding for path in paths for finding in findings(path)]
    extra = {path.relative_to(ROOT).parts[0] for path in paths if path.parent != ROOT} - FOLDERS
    found += [f"{folder}/: no other top-level folder" for folder in sorted(extra)]
    print("\n".join(found) if found else "house rules: ok")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
