"""`import hashwatt` gives what it promises, and only when asked."""

from __future__ import annotations

import pytest

import hashwatt


@pytest.mark.parametrize("name", hashwatt.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    value = getattr(hashwatt, name)
    assert name in dir(hashwatt)
    assert name == "__version__" or value.__doc__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'mine'"):
        hashwatt.mine  # noqa: B018


def test_star_import_and_type_checkers_see_the_same_names() -> None:
    assert sorted(hashwatt._HOME_OF) == sorted(set(hashwatt.__all__) - {"__version__"})
