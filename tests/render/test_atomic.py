"""Files appear whole or not at all."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import textwrap

import pytest

from circle15.errors import OutputError
from circle15.render.atomic import all_together, write_text, write_whole


def test_the_file_has_what_was_written_and_nothing_lies_beside_it(tmp_path):
    path = write_whole(tmp_path / "a" / "b" / "gaps.csv", lambda part: part.write_text("1,2"))
    assert path.read_text() == "1,2"
    assert [found.name for found in path.parent.iterdir()] == ["gaps.csv"]


def test_the_temporary_file_stands_in_the_same_folder_with_the_same_suffix(tmp_path):
    seen = []
    write_whole(tmp_path / "circle15.gpkg", lambda part: (seen.append(part), part.write_bytes(b"x")))
    assert seen[0].parent == tmp_path  # a rename across disks would copy, and a copy can be cut short
    assert seen[0].suffix == ".gpkg"
    assert seen[0].name.startswith(".")


def test_text_is_the_same_on_every_system(tmp_path):
    path = write_text(tmp_path / "a.txt", "苏州\n", encoding="utf-8-sig")
    assert path.read_bytes() == b"\xef\xbb\xbf\xe8\x8b\x8f\xe5\xb7\x9e\n"


@pytest.mark.parametrize("failure", [ValueError("bad figure"), KeyboardInterrupt(), OSError(errno.ENOSPC, "full")])
def test_a_failed_writer_leaves_the_old_file(tmp_path, failure):
    target = tmp_path / "map.html"
    target.write_text("old")

    def write(part):
        part.write_text("half")
        part.with_name(part.name + "-journal").write_text("a database's")
        raise failure

    with pytest.raises(OutputError if isinstance(failure, OSError) else type(failure)):
        write_whole(target, write)
    assert target.read_text() == "old"
    assert [found.name for found in tmp_path.iterdir()] == ["map.html"]


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "open in another program"),
        (errno.EIO, "check the folder"),
    ],
)
def test_the_error_names_the_path_and_a_remedy(tmp_path, code, says):
    def write(_):
        raise OSError(code, os.strerror(code))

    with pytest.raises(OutputError, match=says) as caught:
        write_whole(tmp_path / "gaps.xlsx", write)
    assert str(tmp_path / "gaps.xlsx") in str(caught.value)
    assert "--out" in str(caught.value)
    assert isinstance(caught.value, OSError)


def test_a_file_where_a_folder_is_needed(tmp_path):
    (tmp_path / "build").write_text("")
    with pytest.raises(OutputError, match="file stands where a folder is needed"):
        write_text(tmp_path / "build" / "suzhou" / "run.json", "{}")


def test_a_folder_where_the_file_belongs(tmp_path):
    (tmp_path / "run.json").mkdir()
    with pytest.raises(OutputError, match="folder stands where the file belongs"):
        write_text(tmp_path / "run.json", "{}")
    assert [found.name for found in tmp_path.iterdir()] == ["run.json"]


@pytest.mark.skipif(not os.path.isdir("/proc/self") or sys.platform != "linux", reason="/proc is Linux's")  # noqa: PTH112
def test_a_disk_that_takes_no_files():
    with pytest.raises(OutputError, match="--out"):
        write_text("/proc/circle15/run.json", "{}")


@pytest.mark.skipif(sys.platform != "linux", reason="file size limits")
def test_a_disk_that_fills_up_while_writing(tmp_path):
    # A limit on file size stands for the full disk: the kernel cuts the write off in the middle.
    program = textwrap.dedent("""
        import resource, sys
        from circle15.errors import OutputError
        from circle15.render.atomic import write_text
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        try:
            write_text(sys.argv[1], "x" * 100_000)
        except OutputError as error:
            print(error)
    """)
    target = tmp_path / "map.html"
    target.write_text("old")
    done = subprocess.run([sys.executable, "-c", program, target], capture_output=True, text=True, check=True)
    assert str(target) in done.stdout
    assert target.read_text() == "old"
    assert [found.name for found in tmp_path.iterdir()] == ["map.html"]


def test_a_writer_that_writes_nothing_is_an_error(tmp_path):
    with pytest.raises(OutputError):
        write_whole(tmp_path / "a.csv", lambda _: None)
    assert not list(tmp_path.iterdir())


def test_new_files_have_the_usual_permissions(tmp_path):
    plain = tmp_path / "plain"
    plain.write_text("")
    assert write_text(tmp_path / "a.csv", "").stat().st_mode == plain.stat().st_mode


def test_files_come_together_or_not_at_all(tmp_path):
    (tmp_path / "a.txt").write_text("old")

    def fail_half_way():
        with all_together(tmp_path) as made:
            write_text(made / "a.txt", "new")
            raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        fail_half_way()
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("a.txt", "old")]
    with all_together(tmp_path) as made:
        write_text(made / "a.txt", "new")
        write_text(made / "b.txt", "too")
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"a.txt": "new", "b.txt": "too"}


def test_a_file_that_cannot_come_in_is_named_where_it_belongs(tmp_path):
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(OutputError) as caught, all_together(tmp_path) as made:
        write_text(made / "a.txt", "new")
    assert str(tmp_path / "a.txt") in str(caught.value)
    assert ".part" not in caught.value.zh
