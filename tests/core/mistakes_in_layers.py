"""Mistakes in what stands between the layers and behind them: norms, dropout, updates."""

from functools import partial

import numpy as np

from core import lsuv
from core.measures import Meter
from core.network import Network
from core.normalization import Normalization
from core.propagation import Propagation
from core.training import Trainer
from core.updates import Updater
from tests.core import (
    test_clipping,
    test_divergence,
    test_dropout,
    test_float16,
    test_lsuv,
    test_normalization,
    test_penalties,
)
from tests.core.planting import Mistake, check_differences, check_golden

NORM_MISTAKES = {
    "the mean's gradient is forgotten": Mistake(
        Normalization.backward,
        "np.subtract(delta, self._correlation, delta)",
        "pass",
        partial(check_differences, norm="batch"),
    ),
    "the spread's gradient is forgotten": Mistake(
        Normalization.backward,
        "np.subtract(delta, room, delta)",
        "pass",
        partial(check_differences, norm="layer"),
    ),
    "the scale's gradient is that of the shift": Mistake(
        Normalization.backward,
        "(room, self._ones, self._d_scale)",
        "(delta, self._ones, self._d_scale)",
        partial(check_differences, norm="batch"),
    ),
    "layer norm over the batch": Mistake(
        Propagation._make_norms,
        "Normalization(axis,",
        "Normalization(-2,",
        partial(check_golden, norm="layer"),
    ),
    "no eps": Mistake(
        Normalization.forward,
        "np.add(self.variance, EPSILON,",
        "np.add(self.variance, 0,",
        partial(check_golden, norm="batch"),
    ),
    "an infinite variance makes zeros": Mistake(
        Normalization.forward,
        "np.divide(self._inverse_std, self._correlation, self._inverse_std)",
        "np.reciprocal(self._inverse_std, self._inverse_std)",
        partial(test_divergence.test_a_normalisation_whose_variance_overflows, "batch"),
    ),
    "the running mean does not run": Mistake(
        Normalization.follow,
        "mean += RUNNING_SHARE *",
        "mean += 0 *",
        test_normalization.test_running_statistics_follow_as_those_of_pytorch,
    ),
    "the running variance is biased": Mistake(
        Normalization.follow,
        "(RUNNING_SHARE * self._batch / (self._batch - 1))",
        "RUNNING_SHARE",
        test_normalization.test_running_statistics_follow_as_those_of_pytorch,
    ),
    "evaluation takes the batch's statistics": Mistake(
        Network._output,
        "None if training else layer.running",
        "None",
        test_normalization.test_evaluation_uses_the_running_statistics,
    ),
    "lsuv takes the running statistics": Mistake(
        lsuv.scale_to_unit_variance,
        "training=True",
        "training=False",
        test_lsuv.test_the_output_of_a_step_is_one_of_them,
    ),
}

DROPOUT_MISTAKES = {
    "what was dropped learns": Mistake(
        Propagation._backward_operations,
        "(slopes, mask, slopes)",
        "(slopes, 1, slopes)",
        test_dropout.test_what_is_dropped_carries_no_gradient_back,
    ),
    "what was kept is not divided by its share": Mistake(
        Propagation.drop,
        "np.divide(mask, kept, mask)",
        "pass",
        partial(test_dropout.test_the_share_is_dropped_and_the_mean_kept, 0.5),
    ),
    "all runs share one mask": Mistake(
        Propagation.drop,
        "zip(masks, rngs, strict=True)",
        "zip(masks, [np.random.default_rng(1) for _ in rngs], strict=True)",
        test_dropout.test_every_run_has_a_mask_of_its_own,
    ),
    "measuring draws a mask": Mistake(
        Trainer._put_back,
        "rng.bit_generator.state = state",
        "pass",
        test_dropout.test_every_step_draws_anew_and_measuring_draws_nothing,
    ),
}

UPDATE_MISTAKES = {
    "clipping stretches small gradients": Mistake(
        Updater._clip,
        "np.minimum(factor, 1)",
        "factor",
        test_clipping.test_a_gradient_below_the_limit_stays,
    ),
    "the clipped norm is that of the weights": Mistake(
        Updater._clip,
        "scaled_norms(gradient)",
        "scaled_norms(self._network.parameters)",
        partial(test_clipping.test_the_norm_of_the_whole_gradient_is_limited, "none", (3, 5, 4, 2)),
    ),
    "the norm before clipping is the one after": Mistake(
        Meter.measure_gradient,
        "self._sources = self._clipped",
        "self._sources = self._unclipped",
        partial(
            test_clipping.test_norms_are_measured_before_and_after,
            {"clip_norm": 0.01},
            (3, 5, 4, 2),
        ),
    ),
    "L2 on biases": Mistake(
        Updater._factors,
        "views.w[...]",
        "factors[...]",
        partial(
            test_penalties.test_the_gradient_of_the_penalties_is_added_to_that_of_the_weights,
            "none",
            (3, 5, 4, 2),
            0.0,
            0.2,
        ),
    ),
    "L1 is L2": Mistake(
        Updater._penalize,
        "np.sign(piece.parameters, piece.update)",
        "np.copyto(piece.update, piece.parameters)",
        test_penalties.test_every_run_has_its_own_penalties,
    ),
    "moderate signals are trusted with any learning rate": Mistake(
        Trainer._step,
        "if (moderate := largest < self._bounds.moderate_flow) and self._settled:",
        "if (moderate := largest < self._bounds.moderate_flow):",
        partial(test_divergence.test_an_update, "sgd", 3, np.float32),
    ),
    "a diverged step keeps its velocity": Mistake(
        Trainer._update_with_care,
        "self.network.parameters[...], self.slots[...] = parameters, slots",
        "self.network.parameters[...] = parameters",
        partial(test_divergence.test_an_update, "momentum", 3, np.float32),
    ),
    "float16 is float32": Mistake(
        Propagation._stored,
        "if precision.rounds:",
        "if False:",
        test_float16.test_a_signal_below_the_smallest_number_is_zero,
    ),
}
