"""Columns of data as numbers or categories."""

import numpy as np
import pytest

from latentlab.data.attributes import (
    Attribute,
    attribute_of,
    columns_of,
    free_names,
    plain_attribute,
)
from latentlab.data.dataset import Dataset
from latentlab.specs import DataSpec


def test_texts_are_categories_and_no_text_is_none():
    found = attribute_of("kind", np.array(["cat", "", "dog", "cat"]))
    assert found.categorical
    assert found.names == ("cat", "dog")
    assert found.codes.tolist() == [0, -1, 1, 0]
    assert found.numbers is None
    assert [found.words(row) for row in range(4)] == ["cat", "Missing", "dog", "cat"]


def test_whole_numbers_of_few_values_are_both():
    found = attribute_of("year", np.array([2003.0, np.nan, 2001.0, 2003.0]))
    assert found.names == ("2001", "2003")
    assert found.codes.tolist() == [1, -1, 0, 1]
    assert np.array_equal(found.numbers, [2003.0, np.nan, 2001.0, 2003.0], equal_nan=True)


@pytest.mark.parametrize(
    "values",
    [np.array([0.5, 1.0]), np.arange(100), np.array([1.0, np.inf]), np.array([np.nan, np.nan])],
)
def test_other_numbers_are_numbers_alone(values):
    found = attribute_of("x", values)
    assert not found.categorical
    assert found.numbers is values


def test_truth_is_yes_or_no():
    found = attribute_of("new", np.array([True, False]))
    assert [found.words(row) for row in (0, 1)] == ["yes", "no"]
    assert found.numbers.tolist() == [1, 0]


def test_a_category_is_meant_by_name_or_by_number():
    found = Attribute("class", "Class", codes=np.array([0, 1]), names=("Bag", "0"))
    assert found.code_of("BAG") == 0
    assert found.code_of("0") == 1  # its name
    assert found.code_of("1") == 1
    assert found.code_of("unlabelled") == -1
    assert found.code_of("2") is None
    assert Attribute("class", "Class", codes=np.array([7])).code_of("7") == 7
    assert Attribute("class", "Class", codes=np.array([7])).name_of(7) == "Class 7"


def test_the_plain_columns_of_a_map():
    z = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)
    parts = np.array([1, 0]), np.array([0, 1], np.int8), ("a", "b")
    assert plain_attribute("class", *parts).words(0) == "b"
    assert plain_attribute("split", *parts).words(1) == "Test"
    assert plain_attribute("row", *parts).numbers.tolist() == [0, 1]
    assert plain_attribute("z2", *parts, z).numbers.tolist() == [2.0, 4.0]
    for unknown in ("z0", "z3", "z", "zeal", "recon"):
        assert plain_attribute(unknown, *parts, z) is None


def test_columns_of_data_with_factors_and_names_in_use():
    dataset = Dataset(
        "two",
        np.zeros((2, 1, 2, 2), np.uint8),
        "image",
        256,
        np.zeros(2, np.int64),
        (),
        np.zeros(2, np.int8),
        DataSpec(source="two"),
        columns={"age": np.array([1.0, 2.0]), "KL": np.array([0.1, 0.2])},
        factors=np.array([[0.0, 5.0], [1.0, 6.0]]),
        factor_names=("scale", "age"),
    )
    columns = columns_of(dataset)
    assert list(columns) == ["age", "KL", "scale"]
    assert columns["scale"].tolist() == [0.0, 1.0]
    assert columns["age"].tolist() == [1.0, 2.0]  # the column, not the factor of its name
    assert free_names(iter(columns), frozenset({"kl"}))["KL"] == "KL (data)"
