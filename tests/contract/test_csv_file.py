import csv
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ic_tf_sdk.contract import csv_file

RUN = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # noqa: RUF001
names = st.text(st.sampled_from([*"=+-@'\t\r\nx,;\"", *RUN[6:]]), max_size=5) | st.text()


def read(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.reader(stream))


@given(names.filter(lambda name: "\udc00" not in name))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_name_is_a_cell_that_a_spreadsheet_runs_and_each_is_got_back(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / "table.csv"
    csv_file.write(path, [name, "n"], [[name, 1]])
    head, row = read(path)
    for cell in (head[0], row[0]):
        assert not cell.startswith(RUN)
        assert csv_file.unquoted(cell) == name


@pytest.mark.parametrize("name", ["roses", "a=b", "5-10", "'tis", " =1", ""])
def test_a_name_that_no_spreadsheet_runs_is_written_as_it_is(tmp_path: Path, name: str) -> None:
    csv_file.write(tmp_path / "t.csv", ["name", "n"], [[name, 1]])
    assert read(tmp_path / "t.csv")[1] == [name, "1"]
    assert csv_file.unquoted(name) == name


def test_numbers_stay_numbers_and_none_is_empty(tmp_path: Path) -> None:
    csv_file.write(tmp_path / "t.csv", ["a", "b", "c"], [[-1, -0.5, None]])
    assert read(tmp_path / "t.csv")[1] == ["-1", "-0.5", ""]


def test_a_name_that_is_no_utf_8_is_escaped(tmp_path: Path) -> None:
    csv_file.write(tmp_path / "t.csv", ["name"], [["a\udcff"]])
    assert read(tmp_path / "t.csv")[1] == [r"a\udcff"]
