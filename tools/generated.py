"""Check that every generated file is what its source gives: generate into a copy and compare."""

import filecmp
import pathlib
import shutil
import subprocess
import sys
import tempfile
from typing import Final

from citycloud import rbac
from citycloud.api import crds

ROOT: Final = pathlib.Path(__file__).resolve().parent.parent


def differences(*, left: pathlib.Path, right: pathlib.Path) -> list[str]:
    """Name every file that is not the same in both folders."""
    names = {path.relative_to(folder) for folder in (left, right) for path in folder.rglob("*") if path.is_file()}
    return sorted(
        str(name)
        for name in names
        if not ((left / name).is_file() and (right / name).is_file() and filecmp.cmp(left / name, right / name, shallow=False))
    )


def main() -> int:
    """Compare, name what differs, and return 1 where anything does."""
    with tempfile.TemporaryDirectory() as name:
        fresh = pathlib.Path(name)
        crds.write(fresh / "crds")
        shutil.copytree(ROOT / "charts" / "citycloud" / "templates", fresh / "templates")
        rbac.write(fresh / "templates" / "operator-roles.yaml")
        wrong = differences(left=fresh / "crds", right=ROOT / "charts" / "citycloud-crds" / "templates")
        wrong += differences(left=fresh / "templates", right=ROOT / "charts" / "citycloud" / "templates")
    for part in ("profiles", "sizes"):
        wrong += differences(left=ROOT / "policies" / part, right=ROOT / "charts" / "citycloud" / "files" / part)
    for path in wrong:
        print(f"{path} is not what its source gives: run `make generate` and commit", file=sys.stderr)
    examples = subprocess.run([sys.executable, str(ROOT / "examples" / "generate.py"), "--check"], timeout=120, check=False)
    return 1 if wrong or examples.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
