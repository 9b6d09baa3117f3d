"""The named data sets: their files, where they are published, and how they are recognised.

The sha256 of MNIST, Fashion-MNIST, KMNIST and EMNIST's archive are the published files'. Of
dSprites only the md5 is known: it is checked, and the sha256 of what came is recorded.
"""

from __future__ import annotations

from dataclasses import dataclass

MNIST_PARTS = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
DIGITS = tuple("0123456789")
CLOTHES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
KANA = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
BALANCED = tuple("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt")


@dataclass(frozen=True)
class Remote:
    """One published file.

    Args:
        name: The file's name.
        urls: Where it is, the first one first.
        size: Its bytes where known, else the most that is taken.
        sha256: Checked where it is known.
        md5: Checked where that is all that is published.
    """

    name: str
    urls: tuple[str, ...]
    size: int
    sha256: str = ""
    md5: str = ""


@dataclass(frozen=True)
class Named:
    """One data set of the catalogue.

    Args:
        title: What a person calls it.
        files: The names of the files it is read from; the first existing one where `any_of`.
        remotes: What is downloaded.
        label_names: Its classes.
        any_of: One of `files` is enough.
        prefix: The variant among several IDX sets in one folder.
        members: Archive member -> file name, where a download is a zip of the files.
        licence: As the publisher says.
    """

    title: str
    files: tuple[str, ...]
    remotes: tuple[Remote, ...]
    label_names: tuple[str, ...] = ()
    any_of: bool = False
    prefix: str = ""
    members: tuple[tuple[str, str], ...] = ()
    licence: str = ""


def _parts(bases: tuple[str, ...], figures: tuple[tuple[int, str], ...]) -> tuple[Remote, ...]:
    return tuple(
        Remote(name, tuple(base + name for base in bases), size, sha256)
        for name, (size, sha256) in zip(MNIST_PARTS, figures, strict=True)
    )


EMNIST_PARTS = tuple(
    f"emnist-balanced-{part}"
    for part in (
        "train-images-idx3-ubyte.gz",
        "train-labels-idx1-ubyte.gz",
        "test-images-idx3-ubyte.gz",
        "test-labels-idx1-ubyte.gz",
    )
)
SPRITES = "dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz"

CATALOGUE: dict[str, Named] = {
    "mnist": Named(
        "MNIST",
        MNIST_PARTS,
        _parts(
            (
                "https://storage.googleapis.com/cvdf-datasets/mnist/",
                "https://ossci-datasets.s3.amazonaws.com/mnist/",
            ),
            (
                (9912422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
                (28881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
                (1648877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
                (4542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
            ),
        ),
        DIGITS,
        licence="CC BY-SA 3.0",
    ),
    "fashion-mnist": Named(
        "Fashion-MNIST",
        MNIST_PARTS,
        _parts(
            ("https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",),
            (
                (26421880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
                (29515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
                (4422102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
                (5148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
            ),
        ),
        CLOTHES,
        licence="MIT",
    ),
    "kmnist": Named(
        "Kuzushiji-MNIST",
        MNIST_PARTS,
        _parts(
            ("https://codh.rois.ac.jp/kmnist/dataset/kmnist/",),
            (
                (18165135, "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4"),
                (29497, "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17"),
                (3041136, "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5"),
                (5120, "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c"),
            ),
        ),
        KANA,
        licence="CC BY-SA 4.0",
    ),
    "emnist": Named(
        "EMNIST balanced",
        EMNIST_PARTS,
        (
            Remote(
                "emnist-gzip.zip",
                ("https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip",),
                561753746,
                "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
            ),
        ),
        BALANCED,
        prefix="emnist-balanced",
        members=tuple((f"gzip/{name}", name) for name in EMNIST_PARTS),
        licence="public domain (NIST)",
    ),
    "dsprites": Named(
        "dSprites",
        (SPRITES, "dsprites_downsampled.npz", "dsprites_subset.npz"),
        (
            Remote(
                SPRITES,
                (f"https://github.com/google-deepmind/dsprites-dataset/raw/master/{SPRITES}",),
                64 * 1024**2,
                md5="7da33b31b13a06f4b04a70402ce90c2e",
            ),
        ),
        any_of=True,
        licence="Apache-2.0",
    ),
}

NAMES: tuple[str, ...] = ("digits", *CATALOGUE)


def recognise(checksums: dict[str, str]) -> Named | None:
    """The catalogue's data set whose published files these are, by sha256; None if none.

    Example:
        >>> recognise({"labels.gz": CATALOGUE["mnist"].remotes[1].sha256}).title
        'MNIST'
        >>> recognise({}) is None
        True
    """
    found = set(checksums.values())
    for named in CATALOGUE.values():
        if any(remote.sha256 and remote.sha256 in found for remote in named.remotes):
            return named
    return None
