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
from citycloud.doctor import outputs as doctor_outputs
from citycloud.facts import schema as facts_schema
from citycloud.policies import outputs
from citycloud.telemetry import reference
from citycloud_infra import outputs as infra_outputs
from citycloud_monitoring import outputs as monitoring_outputs

ROOT: Final = pathlib.Path(__file__).resolve().parent.parent
DOCTOR: Final = "operator/citycloud/doctor/shipped.yaml"
FACTS: Final = "infra/citycloud_infra/facts.schema.json"


def differences(*, left: pathlib.Path, right: pathlib.Path) -> list[str]:
    """Name every file that is not the same in both folders."""
    names = {path.relative_to(folder) for folder in (left, right) for path in folder.rglob("*") if path.is_file()}
    return sorted(
        str(name)
        for name in names
        if not ((left / name).is_file() and (right / name).is_file() and filecmp.cmp(left / name, right / name, shallow=False))
    )


def monitoring(fresh: pathlib.Path) -> list[str]:
    """Name what differs of rules, runbooks and dashboards."""
    chart, operator = ROOT / "charts" / "citycloud" / "files", ROOT / "operator" / "citycloud"
    views, homes = fresh / "dashboards", fresh / "homes"
    monitoring_outputs.write(rules=fresh / "rules.yaml", runbooks=fresh / "runbooks", views=views, homes=homes)
    wrong = differences(left=fresh / "runbooks", right=ROOT / "docs" / "runbooks") + differences(left=views, right=chart / "dashboards")
    if not filecmp.cmp(fresh / "rules.yaml", chart / "rules.yaml", shallow=False):
        wrong.append("charts/citycloud/files/rules.yaml")
    kept = shutil.copytree(operator / "dashboards", fresh / "kept", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return wrong + differences(left=homes, right=kept)


def admission(fresh: pathlib.Path) -> list[str]:
    """Name what differs of the policies."""
    outputs.write(
        source=ROOT / "policies" / "admission",
        chart=fresh / "policies.yaml",
        documentation=fresh / "policies.md",
        command_line=fresh / "shipped.yaml",
        static=fresh / "citycloud.yaml",
    )
    targets = {
        "policies.yaml": "charts/citycloud/files",
        "policies.md": "docs",
        "shipped.yaml": "operator/citycloud/evidence",
        "citycloud.yaml": "policies/control-plane/static",
    }
    written = {f"{target}/{name}": fresh / name for name, target in targets.items()}
    return [name for name, path in written.items() if not filecmp.cmp(path, ROOT / name, shallow=False)]


def main() -> int:
    """Compare, name what differs, and return 1 where anything does."""
    with tempfile.TemporaryDirectory() as name:
        fresh = pathlib.Path(name)
        crds.write(fresh / "crds")
        shutil.copytree(ROOT / "charts" / "citycloud" / "templates", fresh / "templates")
        rbac.write(fresh / "templates" / "operator-roles.yaml")
        wrong = differences(left=fresh / "crds", right=ROOT / "charts" / "citycloud-crds" / "templates")
        wrong += differences(left=fresh / "templates", right=ROOT / "charts" / "citycloud" / "templates")
        wrong += admission(fresh)
        doctor_outputs.write(chart=ROOT / "charts" / "citycloud", target=fresh / "shipped-for-the-doctor.yaml")
        if not filecmp.cmp(fresh / "shipped-for-the-doctor.yaml", ROOT / DOCTOR, shallow=False):
            wrong.append(DOCTOR)
        facts_schema.write(fresh / "facts.schema.json")
        if not filecmp.cmp(fresh / "facts.schema.json", ROOT / FACTS, shallow=False):
            wrong.append(FACTS)
        wrong += monitoring(fresh)
    if reference.reference() != (ROOT / "docs" / "metrics.md").read_text():
        wrong.append("docs/metrics.md")
    wrong += [name for name, text in infra_outputs.outputs(ROOT).items() if (ROOT / name).read_text("utf-8") != text]
    for part in ("profiles", "sizes"):
        wrong += differences(left=ROOT / "policies" / part, right=ROOT / "charts" / "citycloud" / "files" / part)
    for path in wrong:
        print(f"{path} is not what its source gives: run `make generate` and commit", file=sys.stderr)
    examples = subprocess.run([sys.executable, str(ROOT / "examples" / "generate.py"), "--check"], timeout=120, check=False)
    return 1 if wrong or examples.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
