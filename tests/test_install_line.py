"""The line that adds an extra names the place that the installation came from."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ic_tf_sdk
from ic_tf_sdk import install_line

PACKAGE = Path(ic_tf_sdk.__file__).parent


def line(site: Path, extra: str = "train") -> str:
    """What an installation in this folder says, without the one of these tests beside it."""
    code = (
        f"import sys; sys.path.insert(0, {str(site)!r}); "
        f"from ic_tf_sdk import install_line; print(install_line.adding({extra!r}))"
    )
    # -S: no site-packages.
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder of installed packages with this one, which came from an index."""
    site = tmp_path / "site-packages"
    (site / "ic_tf_sdk-0.1.0.dist-info").mkdir(parents=True)
    metadata = "Metadata-Version: 2.4\nName: ic-tf-sdk\nVersion: 0.1.0\n"
    (site / "ic_tf_sdk-0.1.0.dist-info" / "METADATA").write_text(metadata)
    (site / "ic_tf_sdk").mkdir()
    for name in ("__init__.py", "_lazy.py", "_version.py", "install_line.py"):
        shutil.copy(PACKAGE / name, site / "ic_tf_sdk" / name)
    return site


def came_from(site: Path, **record: object) -> None:
    """Write what pip and uv write of an installation that came from no index (PEP 610)."""
    (site / "ic_tf_sdk-0.1.0.dist-info" / "direct_url.json").write_text(json.dumps(record))


def test_a_clone_on_the_path_is_installed_in_place() -> None:
    clone = PACKAGE.parent
    assert line(clone) == f"pip install -e '{clone}[train]'"


def test_an_index_has_the_name(site: Path) -> None:
    assert line(site, "serve,train") == "pip install 'ic-tf-sdk[serve,train]'"


def test_a_folder_is_installed_again(site: Path, tmp_path: Path) -> None:
    clone = tmp_path / "my clone"
    came_from(site, url=clone.as_uri(), dir_info={})
    assert line(site) == f'pip install ".[train]" in a clone of ic_tf_sdk ({clone} is gone)'
    clone.mkdir()
    (clone / "pyproject.toml").touch()
    assert line(site) == f"pip install '{clone}[train]'"


def test_a_wheel_is_installed_again(site: Path, tmp_path: Path) -> None:
    wheel = tmp_path / "ic_tf_sdk-0.1.0-py3-none-any.whl"
    wheel.touch()
    came_from(site, url=wheel.as_uri(), archive_info={})
    assert line(site) == f"pip install '{wheel}[train]'"


def test_a_repository_is_installed_again_at_the_same_commit(site: Path) -> None:
    url = "https://example.com/ic_tf_sdk.git"
    came_from(site, url=url, vcs_info={"vcs": "git", "commit_id": "1f2e"})
    assert line(site) == f"pip install 'ic-tf-sdk[train] @ git+{url}@1f2e'"


def test_without_any_record_a_clone_is_asked_for(site: Path) -> None:
    shutil.rmtree(site / "ic_tf_sdk-0.1.0.dist-info")
    assert line(site) == 'pip install ".[train]" in a clone of ic_tf_sdk'


def test_the_lines_of_the_documentation() -> None:
    assert install_line.in_clone("train", "cli") == 'pip install ".[train,cli]"'
    expected = 'pip install "ic-tf-sdk[train] @ git+https://ADDRESS/ic_tf_sdk.git"'
    assert install_line.from_repository("train") == expected
