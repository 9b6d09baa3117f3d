"""Model files: what is written comes back, and what is damaged is refused with a sentence."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from safetensors import numpy as safetensors

from latentlab.errors import LatentlabError, RefusedError
from latentlab.models.build import build
from latentlab.models.files import (
    Figures,
    ModelFile,
    ModelHeader,
    StoredLattice,
    StoredMap,
    from_bytes,
    is_model_file,
    read_model_file,
    to_bytes,
    write_model_file,
)
from latentlab.models.model import Model, weights_of
from latentlab.specs import DataSpec, Gaussian, Mlp, ModelSpec, TrainSpec

MUTANTS = int(os.environ.get("LATENTLAB_MUTANTS", "400"))
SPEC = ModelSpec(
    shape=(1, 4, 3), network=Mlp(hidden=(6, 5)), likelihood=Gaussian(learned=True, scale=0.2)
)


@pytest.fixture(scope="module")
def whole() -> ModelFile:
    rng = np.random.default_rng(0)
    header = ModelHeader(
        model=SPEC,
        name="A name",
        train=TrainSpec(),
        data=DataSpec(source="digits"),
        data_name="Digits",
        checksums={"a.gz": "00"},
        label_names=("zero", "one", "zwei – 2"),
        epochs=3.5,
        held_out=Figures(bound_nats=-3.0, reconstruction_nats=-2.0, kl_nats=1.0, loss=3.0),
        versions={"torch": "2"},
    )
    codes = StoredMap(
        codes=rng.normal(size=(20, 2)).astype(np.float32),
        labels=rng.integers(-1, 3, 20),
        split=rng.integers(0, 2, 20).astype(np.int8),
        origin=np.zeros(2),
        axes=np.eye(2),
        axis_names=("z1", "z2"),
    )
    lattice = StoredLattice((-2.0, -1.0, 2.0, 1.0), rng.integers(0, 256, (2, 3, 4, 3), np.uint8))
    return ModelFile(header, weights_of(build(SPEC)), codes, lattice)


@pytest.fixture(scope="module")
def data(whole: ModelFile) -> bytes:
    return to_bytes(whole)


def test_everything_that_was_written_comes_back(whole, tmp_path):
    path = tmp_path / "model.safetensors"
    write_model_file(path, whole)
    assert is_model_file(path)
    again = read_model_file(path)
    expected = msgspec.structs.replace(
        whole.header, axis_names=("z1", "z2"), rect=(-2.0, -1.0, 2.0, 1.0)
    )
    assert again.header == expected
    assert again.parameter_count == whole.parameter_count
    for name, array in whole.weights.items():
        assert again.weights[name].tobytes() == array.tobytes()
    for field in ("codes", "labels", "split", "origin", "axes"):
        one, other = getattr(again.map, field), getattr(whole.map, field)
        assert one.dtype == other.dtype
        assert (one == other).all()
    assert again.map.axis_names == whole.map.axis_names
    assert again.lattice.rect == whole.lattice.rect
    assert (again.lattice.images == whole.lattice.images).all()


def test_a_model_without_a_map_has_none(whole):
    again = from_bytes(to_bytes(ModelFile(whole.header, whole.weights)), "a file")
    assert again.map is None
    assert again.lattice is None


def test_labels_take_one_byte_each_and_codes_may_be_halves(whole):
    small = StoredMap(
        whole.map.codes.astype(np.float16),
        whole.map.labels,
        whole.map.split,
        whole.map.origin,
        whole.map.axes,
        whole.map.axis_names,
    )
    stored = to_bytes(ModelFile(whole.header, whole.weights, small))
    assert safetensors.load(stored)["map/labels"].dtype == np.int8
    again = from_bytes(stored, "a file").map
    assert again.codes.dtype == np.float16
    assert again.labels.dtype == np.int64
    assert (again.labels == whole.map.labels).all()


def test_arrays_that_are_views_are_stored_as_they_are_seen(whole):
    turned = {name: np.asfortranarray(array) for name, array in whole.weights.items()}
    again = from_bytes(to_bytes(ModelFile(whole.header, turned)), "a file")
    assert all((again.weights[n] == a).all() for n, a in whole.weights.items())


def _repacked(
    data: bytes,
    *,
    arrays: Callable[[dict], object] = lambda _: None,
    header: Callable[[dict], object] = lambda _: None,
) -> bytes:
    """The file after changes of its arrays or of latentlab's header, else well-formed."""
    length = int.from_bytes(data[:8], "little")
    own = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["latentlab"])
    tensors = safetensors.load(data)
    arrays(tensors)
    header(own)
    return safetensors.save(tensors, {"latentlab": json.dumps(own)})


def _with(name: str, change: Callable[[np.ndarray], np.ndarray]) -> Callable[[dict], None]:
    def apply(tensors: dict) -> None:
        tensors[name] = np.asarray(change(tensors[name]), order="C")

    return apply


def _nan(array: np.ndarray) -> np.ndarray:
    changed = array.copy()
    changed.flat[0] = np.nan
    return changed


BIAS = "weights/decoder.first.bias"
ARRAYS = {
    "weight missing": (lambda t: t.pop(BIAS), "“decoder.first.bias” is missing"),
    "weight unknown": (lambda t: t.update({"weights/x": t[BIAS]}), "“x” is unknown"),
    "weight shape": (_with(BIAS, lambda a: a[:-1]), "“decoder.first.bias” has the shape"),
    "weight dtype": (_with(BIAS, lambda a: a.astype(np.float64)), "is float64"),
    "weight int": (_with(BIAS, lambda a: a.astype(np.int32)), "is int32"),
    "weight nan": (_with(BIAS, _nan), "not finite"),
    "weight inf": (_with(BIAS, lambda a: a + np.float32(np.inf)), "not finite"),
    "stray": (lambda t: t.update({"other": t[BIAS]}), "does not belong"),
    "code nan": (_with("map/codes", _nan), "not finite"),
    "codes short": (_with("map/codes", lambda a: a[:-1]), "does not fit"),
    "codes wide": (_with("map/codes", lambda a: np.hstack([a, a])), "does not fit"),
    "codes scalar": (_with("map/codes", lambda a: a[0, 0]), "does not fit"),
    "codes missing": (lambda t: t.pop("map/codes"), "not whole"),
    "axes missing": (lambda t: t.pop("map/axes"), "not whole"),
    "label without name": (_with("map/labels", lambda a: a + 5), "label without a name"),
    "label below": (_with("map/labels", lambda a: a - 5), "label without a name"),
    "split": (_with("map/split", lambda a: a + 2), "neither train nor test"),
    "lattice shape": (_with("lattice/images", lambda a: a[..., :-1]), "lattice does not fit"),
    "lattice dtype": (
        _with("lattice/images", lambda a: a.astype(np.float32)),
        "lattice does not fit",
    ),
    "lattice empty": (_with("lattice/images", lambda a: a[:0]), "lattice does not fit"),
}
HEADERS = {
    "format": (lambda h: h.update(format=2), "has format 2"),
    "format text": (lambda h: h.update(format="1"), "not a model file"),
    "unknown field": (lambda h: h.update(more=1), "not valid"),
    "no model": (lambda h: h.pop("model"), "not valid"),
    "latents": (lambda h: h["model"].update(latent_dim=5000), "not valid"),
    "zero latents": (lambda h: h["model"].update(latent_dim=0), "not valid"),
    "huge": (lambda h: h["model"]["network"].update(hidden=[16384] * 8), "parameters; at most"),
    "other widths": (lambda h: h["model"]["network"].update(hidden=[7, 5]), "has the shape"),
    "network": (lambda h: h["model"]["network"].update(kind="mamba"), "not valid"),
    "conv of a row": (
        lambda h: h["model"].update(shape=[1, 1, 12], network={"kind": "conv"}),
        "lattice does not fit|needs pictures",
    ),
    "rect": (lambda h: h.update(rect=[1, 0, -1, 1]), "lattice does not fit"),
    "no rect": (lambda h: h.update(rect=None), "lattice does not fit"),
    "no axis names": (lambda h: h.update(axis_names=None), "does not fit"),
    "epochs": (lambda h: h.update(epochs=-1), "not valid"),
    "long name": (lambda h: h.update(name="x" * 5000), "not valid"),
}


@pytest.mark.parametrize(("change", "says"), ARRAYS.values(), ids=ARRAYS)
def test_arrays_that_do_not_fit_are_refused_by_name(data, change, says):
    with pytest.raises(RefusedError, match=says):
        Model.from_file(from_bytes(_repacked(data, arrays=change), "a file"))


@pytest.mark.parametrize(("change", "says"), HEADERS.values(), ids=HEADERS)
def test_headers_that_do_not_fit_are_refused(data, change, says):
    with pytest.raises(RefusedError, match=says):
        Model.from_file(from_bytes(_repacked(data, header=change), "a file"))


def _framed(header: object, body: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def _tensor(dtype: str, shape: list[int], begin: int, end: int) -> dict[str, object]:
    return {
        "__metadata__": {"latentlab": "{}"},
        "weights/a": {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]},
    }


RAW = {
    "empty": b"",
    "seven bytes": b"\0" * 7,
    "text": b"not a model, just words and words",
    "huge header": struct.pack("<Q", 2**63) + b"{}",
    "header beyond the end": struct.pack("<Q", 100) + b"{}",
    "deep": _framed(b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
    "deep metadata": _framed(
        {"__metadata__": {"latentlab": '{"format":1,"model":' + "[" * 50_000 + "]" * 50_000 + "}"}}
    ),
    "list": _framed([]),
    "not utf-8": _framed(b'{"\xff": 1}'),
    "no metadata": _framed({}),
    "foreign": _framed({"__metadata__": {"format": "pt"}}),
    "exotic type": _framed(_tensor("F8_E4M3", [4], 0, 4), b"0000"),
    "gap": _framed(_tensor("F32", [1], 4, 8), b"00000000"),
    "short body": _framed(_tensor("F32", [4], 0, 16), b"0000"),
    "long body": _framed(_tensor("F32", [1], 0, 4), b"00000000"),
    "wrong size": _framed(_tensor("F32", [2], 0, 4), b"0000"),
    "negative": _framed(_tensor("F32", [-1], 0, 4), b"0000"),
    "overflow": _framed(_tensor("F32", [2**40] * 8, 0, 4), b"0000"),
    "long name": _framed(
        {"__metadata__": {"latentlab": "{}"}, "x" * 10**6: _tensor("F8", [1], 0, 1)["weights/a"]}
    ),
    "many": _framed(_tensor("F32", [600_000_000], 0, 2_400_000_000)),
}


@pytest.mark.parametrize("raw", RAW.values(), ids=RAW)
def test_bytes_that_are_no_model_file_are_refused(raw, tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(raw)
    with pytest.raises(RefusedError) as refused:
        read_model_file(path)
    assert "model.safetensors" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert len(refused.value.what) < 1000


def test_too_many_parameters_are_refused_from_the_header_alone():
    raw = _framed(_tensor("F32", [600_000_000], 0, 2_400_000_000))
    size = len(raw) + 2_400_000_000
    from latentlab.models.files import _check_head

    with pytest.raises(RefusedError, match="at most 500 million"):
        _check_head(raw, size, "a file")


def test_folders_pipes_absent_files_and_pickles_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "model.pt").write_bytes(b"x" * 100)
    for name in ("pipe", ".", "absent.safetensors", "model.pt"):
        with pytest.raises(RefusedError):
            read_model_file(tmp_path / name)
        assert not is_model_file(tmp_path / name)


def test_a_file_larger_than_the_limit_is_refused_before_reading(tmp_path):
    path = tmp_path / "large.safetensors"
    with path.open("wb") as stream:
        stream.write(struct.pack("<Q", 2) + b"{}")
        stream.truncate(7 * 2**30)  # sparse: takes no room
    with pytest.raises(RefusedError):
        read_model_file(path)


def test_numbers_that_are_not_finite_are_not_written(whole, tmp_path):
    weights = whole.weights | {"decoder.first.bias": _nan(whole.weights["decoder.first.bias"])}
    path = tmp_path / "model.safetensors"
    with pytest.raises(RefusedError, match="not finite"):
        write_model_file(path, ModelFile(whole.header, weights))
    assert not path.exists()


def test_a_folder_that_is_gone_is_said(whole, tmp_path):
    with pytest.raises(LatentlabError):
        write_model_file(tmp_path / "gone" / "model.safetensors", whole)


def _opened(data: bytes) -> Model | RefusedError:
    try:
        return Model.from_file(from_bytes(data, "mutant"))
    except RefusedError as error:
        return error


def test_every_mutant_is_refused_with_a_sentence_or_opens_whole(data):
    rng = np.random.default_rng(2)
    header_end = 8 + int.from_bytes(data[:8], "little")
    refused = 0
    for number in range(MUTANTS):
        mutant = bytearray(data)
        kind = number % 4
        if kind == 0:  # some bytes of the header
            for place in rng.integers(0, header_end, rng.integers(1, 6)):
                mutant[place] = rng.integers(0, 256)
        elif kind == 1:  # some bytes anywhere
            for place in rng.integers(0, len(data), rng.integers(1, 40)):
                mutant[place] = rng.integers(0, 256)
        elif kind == 2:  # cut
            del mutant[rng.integers(0, len(data)) :]
        else:  # a piece doubled or lost
            first, last = sorted(rng.integers(0, len(data), 2))
            mutant[first:first] = data[first:last] if rng.random() < 0.5 else b""
            del mutant[last : last + rng.integers(0, 50)]
        answer = _opened(bytes(mutant))
        if isinstance(answer, RefusedError):
            refused += 1
            assert str(answer).startswith(("mutant: ", "the model: "))
            assert len(answer.what) < 1000
        else:
            assert all(np.isfinite(a).all() for a in weights_of(answer.vae).values())
    assert refused > MUTANTS / 2


def test_reading_a_file_needs_no_torch(data, tmp_path):
    import subprocess
    import sys

    path = tmp_path / "model.safetensors"
    path.write_bytes(data)
    program = (
        "import sys; from pathlib import Path; from latentlab.models.files import read_model_file;"
        "print(read_model_file(Path(sys.argv[1])).header.name, 'torch' in sys.modules)"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
    )
    assert done.stdout.split("\n")[0] == "A name False"
