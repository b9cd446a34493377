"""Median, quartiles and extremes of several networks, with NaN and infinity among them."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from lab.ranks import SHARES, ranks_of

usual = st.floats(0, 1e300)


@given(arrays.arrays(np.float64, st.tuples(st.integers(1, 9), st.integers(1, 4)), elements=usual))
def test_they_are_numpys_quantiles(values: np.ndarray) -> None:
    np.testing.assert_allclose(ranks_of(values), np.quantile(values, SHARES, axis=0), rtol=1e-12)


@given(
    arrays.arrays(
        np.float64,
        st.tuples(st.integers(1, 9), st.integers(1, 4)),
        elements=st.one_of(usual, st.just(np.nan)),
    )
)
def test_nan_takes_no_part(values: np.ndarray) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # numpy's, of columns that are all NaN
        expected = np.nanquantile(values, SHARES, axis=0)
    np.testing.assert_allclose(ranks_of(values), expected, rtol=1e-12)


@pytest.mark.parametrize("count", range(1, 7))
def test_infinity_is_a_value(count: int) -> None:
    values = np.arange(count, dtype=float)
    values[-1] = np.inf
    ranks = ranks_of(values)
    assert ranks[-1] == np.inf
    assert not np.isnan(ranks).any()
    assert ranks[0] == values.min()


def test_any_shape_keeps_its_axes() -> None:
    assert ranks_of(np.zeros((4, 3, 2))).shape == (5, 3, 2)
    assert ranks_of(np.array([[[1.0, np.nan]], [[3.0, np.nan]]])).tolist() == [
        [[low, pytest.approx(np.nan, nan_ok=True)]] for low in (1, 1.5, 2, 2.5, 3)
    ]
