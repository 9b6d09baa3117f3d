"""What is offered while an expression is typed, and that it can be understood then."""

from __future__ import annotations

import pytest

from latentlab.data.completing import complete
from latentlab.data.where import parse

VALUES = {"class": ("Bag", "T-shirt/top", "Ankle boot", "not sure"), "split": ("Train", "Test")}
NAMES = ("class", "split", "recon", "row", "shoe size", "a<b")


def offered(text: str) -> tuple[str, ...]:
    return complete(text, NAMES, lambda name: VALUES.get(name, ())).offers


@pytest.mark.parametrize(
    ("text", "offers"),
    [
        ("", ("class", "split", "recon", "row", "shoe size", '"a<b"')),
        ("r", ("recon", "row")),
        ("RE", ("recon",)),
        ("recon > 3 and s", ("split", "shoe size")),
        ("not (c", ("class",)),
        ("class ", ("is", "is not", "in", "contains")),
        ("class i", ("is", "is not", "in")),
        ("class is ", (*VALUES["class"][:3], '"not sure"', "not")),
        ("class is b", ("Bag",)),
        ("class is not t", ("T-shirt/top",)),
        ("class in (Bag, a", ("Ankle boot",)),
        ("class is Bag or t", ("T-shirt/top",)),
        ("class is Bag or s", ("split", "shoe size")),
        ("class is Bag a", ("and",)),
        ("class is Bag and split is te", ("Test",)),
        ("split = t", ("Train", "Test")),
        ("recon > ", ()),
        ("recon is ", ("not",)),
        ("class contains ", ()),
        ("class is 'an", ("Ankle boot",)),
    ],
)
def test_what_can_stand_there_is_offered(text, offers):
    assert offered(text) == offers


@pytest.mark.parametrize("text", ["class is b", "class is not n", "class in (Bag, t", "a"])
def test_what_is_offered_can_be_understood(text):
    found = complete(text, NAMES, lambda name: VALUES.get(name, ()))
    for offer in found.offers:
        whole = text[: found.start] + offer
        whole += " = 1" if text == "a" else ")" if "(" in text else ""
        assert parse(whole) is not None


def test_what_is_typed_whole_is_offered_no_more():
    assert offered("class is Bag") == ()
    assert complete("sp", NAMES, VALUES.__getitem__).start == 0
