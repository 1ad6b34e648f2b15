"""A wheel is the package, all of it and nothing else. ``nox -s release`` builds the true one."""

import zipfile

import pytest

from tools import release


def wheel(tmp_path, *names):
    path = tmp_path / "ic_tf_sdk-0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name in (*names, "ic_tf_sdk-0.dist-info/METADATA"):
            archive.writestr(name, "")
    return path


def test_the_whole_package_passes(tmp_path):
    files = release.package_files()
    assert {"ic_tf_sdk/py.typed", "ic_tf_sdk/specs/data/index.json"} <= files
    release.check_content(wheel(tmp_path, *files), files)


@pytest.mark.parametrize("lost", ["ic_tf_sdk/py.typed", "ic_tf_sdk/specs/data/index.json"])
def test_a_lost_file_is_named(tmp_path, lost):
    files = release.package_files()
    with pytest.raises(SystemExit, match=lost):
        release.check_content(wheel(tmp_path, *(files - {lost})), files)


def test_tests_do_not_slip_in(tmp_path):
    files = release.package_files()
    with pytest.raises(SystemExit, match=r"tests/conftest\.py"):
        release.check_content(wheel(tmp_path, *files, "tests/conftest.py"), files)
