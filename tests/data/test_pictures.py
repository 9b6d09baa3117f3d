import os
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from latentlab.data import picture as picture_module
from latentlab.data import pool
from latentlab.data.dataset import Dataset
from latentlab.data.picture import decode, look
from latentlab.errors import CancelledError, RefusedError

Open = Callable[..., Dataset]
Save = Callable[..., Path]


def test_sub_folders_are_labels_and_sizes_are_brought_to_one(
    tmp_path: Path, open_at: Open, save_picture: Save
) -> None:
    for number in range(6):
        save_picture(
            tmp_path / "in" / ("cat" if number % 2 else "dog") / f"{number}.png", 50, 60 + number
        )
    save_picture(tmp_path / "in" / "loose.jpg", 70, 40)
    (tmp_path / "in" / "notes.txt").write_text("hello")
    (tmp_path / "in" / ".hidden.png").write_text("no picture")
    dataset = open_at(tmp_path / "in")
    assert dataset.x.shape == (7, 3, 64, 64)
    assert dataset.x.dtype == np.uint8
    assert dataset.label_names == ("cat", "dog")
    assert dataset.labels.tolist() == [1, 1, 1, 0, 0, 0, -1] or sorted(dataset.labels) == [
        -1,
        0,
        0,
        0,
        1,
        1,
        1,
    ]
    assert {dataset.label_name(row) for row in range(7)} == {"", "cat", "dog"}
    for row in range(7):
        path = Path(str(dataset.columns["path"][row]))
        assert dataset.label_name(row) == (path.parts[0] if len(path.parts) > 1 else "")
    assert any("different sizes were brought to 64x64, padded" in note for note in dataset.notes)
    assert any("1 file" in note for note in dataset.notes)


def test_train_and_test_folders_are_the_published_split(
    tmp_path: Path, open_at: Open, save_picture: Save
) -> None:
    for part, count in (("train", 4), ("test", 2)):
        for number in range(count):
            save_picture(tmp_path / "in" / part / "ab"[number % 2] / f"{number}.png", 32, 32)
    dataset = open_at(tmp_path / "in")
    assert sorted(dataset.split.tolist()) == [0, 0, 0, 0, 1, 1]
    assert dataset.label_names == ("a", "b")


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([(28, 28)] * 3, (28, 28)),
        ([(100, 60)] * 3, (100, 60)),
        ([(300, 400)] * 3, (96, 128)),
        ([(20, 30), (30, 20)], (32, 32)),
        ([(90, 60), (40, 90)], (64, 64)),
        ([(900, 600), (400, 900)], (128, 128)),
    ],
)
def test_the_size_follows_from_the_pictures(
    tmp_path: Path,
    open_at: Open,
    save_picture: Save,
    sizes: list[tuple[int, int]],
    expected: tuple[int, int],
) -> None:
    for number, (height, width) in enumerate(sizes):
        save_picture(tmp_path / "in" / f"{number}.png", height, width)
    dataset = open_at(tmp_path / "in")
    assert dataset.x.shape[2:] == expected
    said = [note for note in dataset.notes if "brought to" in note]
    assert len(said) == (0 if len(set(sizes)) == 1 and expected == sizes[0] else 1)
    asked = open_at(tmp_path / "in", image_size=(24, 40), channels=1)
    assert asked.x.shape[1:] == (1, 24, 40)


@pytest.mark.parametrize("mode", ["1", "L", "I;16"])
def test_grey_stays_grey(tmp_path: Path, open_at: Open, mode: str) -> None:
    (tmp_path / "in").mkdir()
    values = np.random.default_rng(0).integers(0, 65536, (16, 16), dtype=np.uint16)
    grey = (
        Image.fromarray(values)
        if mode == "I;16"
        else Image.fromarray((values // 257).astype(np.uint8))
    )
    (grey if mode == "I;16" else grey.convert(mode)).save(tmp_path / "in" / "a.png")
    dataset = open_at(tmp_path / "in")
    assert dataset.x.shape == (1, 1, 16, 16)
    if mode != "1":
        np.testing.assert_allclose(dataset.x[0, 0], values / 257, atol=1)


def test_colour_files_without_colour_are_kept_as_grey(tmp_path: Path, open_at: Open) -> None:
    (tmp_path / "in").mkdir()
    grey = np.random.default_rng(0).integers(0, 256, (16, 16), dtype=np.uint8)
    Image.fromarray(np.stack([grey] * 3, axis=2)).save(tmp_path / "in" / "a.png")
    dataset = open_at(tmp_path / "in")
    assert dataset.x.shape == (1, 1, 16, 16)
    assert any("kept as grey" in note for note in dataset.notes)
    assert open_at(tmp_path / "in", channels=3).x.shape == (1, 3, 16, 16)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_parts_are_put_on_white(tmp_path: Path, open_at: Open, mode: str) -> None:
    (tmp_path / "in").mkdir()
    values = np.zeros((16, 16, 4), np.uint8)
    values[:8] = (200, 0, 0, 255)
    picture = Image.fromarray(values)
    if mode == "P":
        picture.quantize(4).save(tmp_path / "in" / "a.png")
    else:
        picture.convert(mode).save(tmp_path / "in" / "a.png")
    dataset = open_at(tmp_path / "in", channels=3)
    assert (dataset.x[0, :, 12, 8] == 255).all()
    assert dataset.x[0, 0, 3, 8] != 255
    assert any("put on white" in note for note in dataset.notes)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("ending", ["jpg", "png"])
def test_pictures_are_turned_as_exif_says(tmp_path: Path, orientation: int, ending: str) -> None:
    values = np.zeros((40, 60), np.uint8)
    values[:20, :30] = 80
    values[20:, :30] = 160
    values[20:, 30:] = 240
    upright = Image.fromarray(values)
    inverse = {6: 8, 8: 6}.get(orientation, orientation)
    stored = upright if orientation == 1 else upright.transpose(picture_module._TURNS[inverse])
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a.{ending}"
    stored.save(path, exif=exif, quality=95)
    seen = look(str(path))
    assert (seen.height, seen.width) == (40, 60)
    for size in ((40, 60), (20, 30)):
        found = decode(str(path), size, 1).astype(int)
        corners = found[5, 5], found[-5, 5], found[-5, -5], found[5, -5]
        np.testing.assert_allclose(corners, (80, 160, 240, 0), atol=4)


def test_padding_has_the_colour_of_the_border(tmp_path: Path) -> None:
    Image.new("RGB", (64, 32), (10, 200, 30)).save(tmp_path / "a.png")
    found = decode(str(tmp_path / "a.png"), (32, 32), 3)
    assert (found == (10, 200, 30)).all()


def test_files_that_cannot_be_read_are_named_and_the_rest_loads(
    tmp_path: Path, open_at: Open, save_picture: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "in"
    good = save_picture(folder / "good.jpg", 80, 80)
    for name in ("cut.jpg", "cut.png"):
        whole = save_picture(folder / name, 80, 80).read_bytes()
        (folder / name).write_bytes(whole[: len(whole) // 2])
    (folder / "text.png").write_text("I am no picture")
    (folder / "empty.gif").write_bytes(b"")
    (folder / "program.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    save_picture(folder / "large.png", 100, 300)
    monkeypatch.setattr(picture_module, "MAX_PIXELS", 20_000)
    dataset = open_at(folder)
    assert dataset.columns["path"].tolist() == [good.name]
    why = dict(dataset.skipped)
    assert set(why) == {"cut.jpg", "cut.png", "text.png", "empty.gif", "program.png", "large.png"}
    assert "cut off" in why["cut.jpg"]
    assert "not a picture of a known format" in why["program.png"]  # not on the list of formats
    assert any("6 pictures could not be read" in note for note in dataset.notes)
    good.unlink()
    with pytest.raises(RefusedError, match="No picture can be read"):
        open_at(folder)


@pytest.mark.parametrize("side", [7_072, 9_500, 20_000])
def test_more_than_50_megapixels_are_refused_unseen(
    tmp_path: Path, open_at: Open, side: int
) -> None:
    (tmp_path / "in").mkdir()
    header = b"P5 %d %d 255\n" % (side, side)
    (tmp_path / "in" / "a.pgm").write_bytes(header + bytes(100))
    with pytest.raises(RefusedError, match=r"50 million pixels|million pixels; at most 50"):
        open_at(tmp_path / "in")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_among_pictures_is_named_and_never_waited_for(
    tmp_path: Path, open_at: Open, save_picture: Save
) -> None:
    save_picture(tmp_path / "in" / "good.png", 32, 32)
    os.mkfifo(tmp_path / "in" / "pipe.png")
    dataset = open_at(tmp_path / "in")
    assert dataset.skipped == (("pipe.png", "it is not a regular file"),)


def test_a_decoding_process_gives_the_same_pictures_and_the_next_time_comes_from_the_cache(
    tmp_path: Path, open_at: Open, save_picture: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "in"
    for number in range(pool.POOL_FROM + 5):
        save_picture(folder / "ab"[number % 2] / f"{number:03}.jpg", 90 + number, 120)
    (folder / "a" / "broken.jpg").write_bytes(b"\xff\xd8\xff broken")
    found: list[Dataset] = []
    thread = threading.Thread(target=lambda: found.append(open_at(folder)))
    thread.start()  # as the engine does: never from the main thread
    thread.join()
    pooled = found[0]
    assert len(pooled) == pool.POOL_FROM + 5
    assert pooled.skipped[0][0] == str(Path("a", "broken.jpg"))

    def never(*_: object) -> None:
        raise AssertionError("pictures were decoded again")

    with monkeypatch.context() as patch:
        patch.setattr(pool, "answers", never)
        cached = open_at(folder)
    np.testing.assert_array_equal(cached.x, pooled.x)
    assert (cached.skipped, cached.notes) == (pooled.skipped, pooled.notes)
    assert cached.checksums == pooled.checksums
    monkeypatch.setattr(pool, "POOL_FROM", 10_000)
    alone = open_at(folder)
    np.testing.assert_array_equal(alone.x, pooled.x)
    assert alone.labels.tolist() == pooled.labels.tolist()


def test_a_changed_picture_or_a_damaged_cache_is_decoded_again(
    tmp_path: Path, open_at: Open, save_picture: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "POOL_FROM", 4)
    for number in range(4):
        save_picture(tmp_path / "in" / f"{number}.png", 32, 32)
    first = open_at(tmp_path / "in")
    kept = next((tmp_path / "cache" / "pictures").glob("*.npy"))
    raw = bytearray(kept.read_bytes())
    raw[-1] ^= 0xFF
    kept.write_bytes(raw)
    np.testing.assert_array_equal(open_at(tmp_path / "in").x, first.x)
    Image.new("RGB", (32, 32), "red").save(tmp_path / "in" / "0.png")
    assert (open_at(tmp_path / "in").x[0] == np.array([255, 0, 0])[:, None, None]).all()


def test_a_process_that_dies_names_the_picture_and_the_others_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = pool.Worker()
    ask = one.ask

    def fragile(request: pool.Request) -> pool.Answer:
        if "bad" in request["paths"]:
            if one._process is not None:
                one._process.kill()
            raise pool.WorkerDiedError
        return ask(request)

    monkeypatch.setattr(one, "ask", fragile)
    Image.new("L", (8, 8), 9).save(tmp_path / "good.png")
    good = str(tmp_path / "good.png")
    request = {"do": "decode", "paths": [good, "bad", good], "size": (8, 8), "channels": 1}
    results, pixels = one.ask_patiently(request)
    one.close()
    assert results == [True, pool.CRASHED, True]
    assert len(pixels) == 128


def test_cancelling_ends_the_processes(
    tmp_path: Path, open_at: Open, save_picture: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "POOL_FROM", 4)
    started: list[pool.Worker] = []
    keep = pool.Worker.__init__

    def noted(self: pool.Worker) -> None:
        keep(self)
        started.append(self)

    monkeypatch.setattr(pool.Worker, "__init__", noted)
    for number in range(40):
        save_picture(tmp_path / "in" / f"{number}.png", 32, 32)
    reports: list[str] = []
    with pytest.raises(CancelledError):
        open_at(
            tmp_path / "in",
            report=lambda text, _fraction: reports.append(text),
            cancelled=lambda: "Reading pictures" in reports,
        )
    assert started
    assert all(one._process is None for one in started)
