"""Files handed over in parts: nobody's but their officer's, whole, few, not too large, and none left behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from node.uploads import KEPT_SECONDS, LARGEST_PART, NAMES, Bounds, Uploads
from symbolon.rpc.errors import ErrorCode, SymbolonError

KEEPER, OTHER = "o.keeper", "j.other"
BOUNDS = Bounds(largest=9, most=2, too_large="the list is too large")


class Scene:
    """Files of small bounds, and the clock they go by."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "uploads"
        self.now = 1000.0
        self.uploads = Uploads(self.folder, BOUNDS, lambda: self.now)

    def left(self) -> list[bytes]:
        return sorted(path.read_bytes() for path in self.folder.glob(NAMES))

    def refused(self, name: str, offset: int, content: bytes, officer: str = KEEPER) -> str:
        with pytest.raises(SymbolonError) as caught:
            self.uploads.add(officer, name, offset, content)
        return f"{caught.value.code.code}: {caught.value.detail}"


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_a_file_is_its_parts_in_order(scene: Scene) -> None:
    name, _ = scene.uploads.add(KEEPER, "", 0, b"one")
    follows = "invalid_input: offset: the part does not follow what is there"
    assert scene.refused(name, 0, b"two") == scene.refused(name, 4, b"two") == follows
    assert scene.uploads.add(KEEPER, name, 3, b"two") == (name, 6)
    assert scene.left() == [b"onetwo"]
    (path,) = scene.folder.iterdir()
    assert (path.stat().st_mode & 0o777, scene.folder.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_file_is_its_officer_s_alone(scene: Scene) -> None:
    name, _ = scene.uploads.add(KEEPER, "", 0, b"one")
    assert scene.refused(name, 3, b"two", OTHER).startswith("not_found")
    with pytest.raises(SymbolonError), scene.uploads.taken(OTHER, [name]):
        pass
    scene.uploads.drop(OTHER, name)
    assert scene.left() == [b"one"]
    scene.uploads.drop(KEEPER, name)
    assert scene.left() == []


def test_a_file_that_has_no_room_is_erased(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    name, _ = scene.uploads.add(KEEPER, "", 0, b"one")
    assert scene.refused("", 0, b"x" * (LARGEST_PART + 1)).startswith("invalid_input: content")
    assert scene.refused(name, 3, b"x" * 7) == "invalid_input: the list is too large"
    assert scene.left() == []
    monkeypatch.setattr("node.disk.ROOM_LEFT", 2**80)
    assert scene.refused("", 0, b"one") == "busy: there is no room for the file on the node's disk"
    assert scene.left() == []


def test_an_officer_has_few_files_and_others_have_theirs(scene: Scene) -> None:
    names = [scene.uploads.add(KEEPER, "", 0, b"one")[0] for _ in range(2)]
    assert scene.refused("", 0, b"two") == "busy: 2 files are being handed over already"
    scene.uploads.add(OTHER, "", 0, b"two")
    scene.uploads.drop(KEEPER, names[0])
    scene.uploads.add(KEEPER, "", 0, b"two")
    assert scene.left() == [b"one", b"two", b"two"]


def test_a_file_is_forgotten_an_hour_after_its_last_part(scene: Scene) -> None:
    name, _ = scene.uploads.add(KEEPER, "", 0, b"one")
    scene.now += KEPT_SECONDS
    scene.uploads.add(KEEPER, name, 3, b"two")
    scene.now += KEPT_SECONDS
    scene.uploads.forget()
    assert scene.left() == [b"onetwo"]
    scene.now += 1
    scene.uploads.forget()
    assert scene.left() == []
    assert scene.refused(name, 6, b"x").startswith(ErrorCode.NOT_FOUND.code)


@pytest.mark.parametrize("fails", [False, True])
def test_what_a_work_has_taken_is_not_touched_any_more_but_where_the_work_does_not_begin(
    scene: Scene, fails: bool
) -> None:
    name, _ = scene.uploads.add(KEEPER, "", 0, b"one")
    try:
        with scene.uploads.taken(KEEPER, [name]) as (path,):
            scene.uploads.drop(KEEPER, name)
            assert path.read_bytes() == b"one"
            if fails:
                raise ValueError
    except ValueError:
        assert fails
    scene.uploads.drop(KEEPER, name)
    assert scene.left() == [b"one"] * (not fails)


async def test_a_node_that_stops_leaves_nothing_but_what_a_work_has_taken(scene: Scene) -> None:
    async with scene.uploads.at_work():
        name, _ = scene.uploads.add(KEEPER, "", 0, b"one")
        scene.uploads.add(KEEPER, "", 0, b"two")
        with scene.uploads.taken(KEEPER, [name]):
            pass
    assert scene.left() == [b"one"]
