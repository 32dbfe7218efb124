"""The documents lead where they say, and what they name is there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PAGES = sorted(
    file.relative_to(ROOT).as_posix()
    for file in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("models/weights/*/*.md"))
)
ROLES = ("server-owners", "moderators", "privacy", "terms", "message-content")


def links(page: str) -> Iterator[str]:
    """Give where a page leads inside the project."""
    for target in LINK.findall((ROOT / page).read_text()):
        if not target.startswith(("http://", "https://", "mailto:")):
            yield target


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    for target in links(page):
        name, _, part = target.partition("#")
        file = (ROOT / page).parent / name if name else ROOT / page
        assert file.exists(), (page, target)
        assert not part or part in anchors(file), (page, target)


def anchors(file: Path) -> set[str]:
    """Give the names under which a page's headings are linked to."""
    heads = [line.lstrip("# ") for line in file.read_text().splitlines() if line.startswith("#")]
    return {re.sub(r"[^a-z0-9 -]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("role", ROLES)
def test_everybody_has_a_page_that_is_linked_to(role: str) -> None:
    assert (ROOT / "docs" / f"{role}.md").exists()
    linking = {page for page in PAGES for target in links(page) if target.split("#")[0].endswith(f"{role}.md")}
    assert linking, role


def test_tests_that_are_named_as_proof_are_there() -> None:
    source = "".join(file.read_text() for file in (ROOT / "tests").rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "message-content.md").read_text()))
    assert len(named) >= 4
    assert {name for name in named if f"def {name}(" not in source} == set()


def test_model_code_for_training_is_not_loaded_by_the_bot() -> None:
    for folder in ("bot", "cogs"):
        for file in (ROOT / folder).rglob("*.py"):
            assert "models.training" not in file.read_text(), file
