"""Expressions that choose rows: what they mean, and what is said of those that mean nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latentlab.data.attributes import Attribute, attribute_of
from latentlab.data.matching import bind, needed
from latentlab.data.where import WhereError, columns_in, negated, parse

NAMES = ("T-shirt/top", "Ankle boot", "Bag", "7")
CLASS = np.array([0, 1, 2, 3, -1, 1])
RECON = np.array([100.0, 130.0, 90.0, np.nan, 150.0, 120.0])
COLUMNS = {
    "class": Attribute("class", "Class", codes=CLASS, names=NAMES),
    "recon": Attribute("recon", "Reconstruction error", RECON),
    "year": attribute_of("year", np.array([2001, 2001, 2002, 2003, 2003, 2001])),
    "file name": attribute_of("file name", np.array(["a.png", "b.jpg", "", "c.png", "d", "e"])),
}


def rows(text: str) -> list[int]:
    clause = parse(text)
    assert clause is not None
    return np.flatnonzero(bind(clause, COLUMNS)(slice(None))).tolist()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("class is bag", [2]),
        ("class is Ankle boot or Bag and recon > 120", [1]),
        ("(class is bag or t-shirt/top) or recon = 150", [0, 2, 4]),
        ("class is 1", [1, 5]),
        ("class is 7", [3]),  # by its name, before its number
        ("CLASS IS NOT 1 OR 2", [0, 3, 4]),
        ("class in ('Ankle boot', Bag)", [1, 2, 5]),
        ("class not in (1, 2)", [0, 3, 4]),
        ("class is unlabelled", [4]),
        ("recon > 100", [1, 4, 5]),
        ("recon >= 100 and recon < 130", [0, 5]),
        ("100 <= recon < 130", [0, 5]),
        ("not recon > 100", [0, 2]),  # what is missing fits neither
        ("recon is missing", [3]),
        ("recon is not missing", [0, 1, 2, 4, 5]),
        ("recon is 100 or 150", [0, 4]),
        ("recon != 100", [1, 2, 4, 5]),
        ("recon ≤ 90 or class is 7", [2, 3]),
        ("year is 2001 and not (class is 1 and recon > 125)", [0, 5]),
        ("year > 2002", [3, 4]),
        ('"file name" contains png', [0, 3]),
        ("file name is missing", [2]),
        ("class is bag or recon > 140 or year is 2003", [2, 3, 4]),
        ("class is 1 or 2 or recon is 150", [1, 2, 4, 5]),
    ],
)
def test_an_expression_chooses_its_rows(text, found):
    assert rows(text) == found


@pytest.mark.parametrize(
    ("text", "start", "said"),
    [
        ("recn > 3", 0, "There is no column “recn”. Did you mean “recon”?"),
        ("class is 9", 9, "“class” is never “9”. There are T-shirt/top, Ankle boot, Bag, 7."),
        ("class is bga", 9, "“class” is never “bga”. Did you mean “Bag”?"),
        ("class < 3", 0, "“class” has names, not numbers. Use is, is not or in."),
        ("recon > many", 8, "“many” is no number."),
        ("recon contains 3", 0, "“recon” has numbers, not texts."),
        ("recon > 120 or 130", 15, "“130” is compared with nothing."),
        ("(class is bag", 0, "This parenthesis is never closed."),
        ("class is bag)", 12, "This parenthesis was never opened."),
        ("class is 'bag", 9, "This quotation mark is never closed."),
        ("class is", 8, "A value is missing at the end."),
        ("and recon > 1", 0, "A column is missing before “and”."),
        ("recon > ! 3", 8, "“!” is no sign."),
        ("recon > 3 recon < 4", 16, "“<” does not go on from here."),
        ("recon > 3) or (1", 9, "This parenthesis was never opened."),
        ("not " * 60 + "recon > 1", 200, "Too much is nested here."),
        ("x" * 3000, 2000, "It is longer than 2,000 characters."),
    ],
)
def test_what_means_nothing_is_told_in_a_sentence_with_its_place(text, start, said):
    with pytest.raises(WhereError) as caught:
        rows(text)
    assert caught.value.start == start
    assert str(caught.value).partition(": ")[2].startswith(said)
    assert f"character {start + 1}" in caught.value.where


def test_nothing_asked_is_nothing_chosen():
    assert parse("  ") is None
    assert needed(None, ()) == ()
    assert columns_in(None) == ()


def test_columns_are_found_in_any_case_and_named_once():
    assert needed(parse("Recon > 1 and CLASS is 1 or recon < 0"), COLUMNS) == ("recon", "class")


def test_label_is_the_class_unless_a_column_is_called_so():
    assert needed(parse("label is 1"), COLUMNS) == ("class",)
    assert needed(parse("LABEL is 1"), [*COLUMNS, "Label"]) == ("Label",)


clauses = st.recursive(
    st.one_of(
        st.builds("recon {} {}".format, st.sampled_from(("<", "<=", ">=")), st.integers(80, 160)),
        st.builds("class is {}".format, st.integers(0, 2)),
        st.builds("class is not {} or {}".format, st.integers(0, 2), st.integers(0, 2)),
        st.builds("year in ({}, {})".format, st.integers(2000, 2004), st.integers(2000, 2004)),
    ),
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("not ({})".format, inner),
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(clauses, clauses)
def test_and_or_and_not_are_those_of_sets(a, b):
    one, other = set(rows(a)), set(rows(b))
    assert set(rows(f"({a}) and ({b})")) == one & other
    assert set(rows(f"({a}) or ({b})")) == one | other
    with_number = set(np.flatnonzero(~np.isnan(RECON)).tolist())
    assert set(rows(f"not ({a})")) & with_number == with_number - one
    clause = parse(a)
    assert clause is not None
    assert negated(negated(clause)) == clause


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from(list(" ()<>=!,'\"≤orandnotisclcontais13.x")), max_size=40))
def test_whatever_is_typed_is_understood_or_refused(text):
    understood, refused = None, None
    try:
        understood = parse(text)
    except WhereError as error:
        refused = error
    if refused is None:
        assert (understood is None) == (not text.strip())
    else:
        assert 0 <= refused.start <= refused.end
        assert refused.what.endswith((".", "?"))


def test_rows_asked_alone_are_as_among_all():
    clause = parse("class is 1 or 2 and recon > 100")
    assert clause is not None
    test = bind(clause, COLUMNS)
    some = np.array([5, 1, 2, 2])
    assert test(some).tolist() == test(slice(None))[some].tolist()
