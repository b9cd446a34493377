"""Mistakes in formulas: activations, the chain rule, losses, optimisers and schedules."""

from functools import partial

from core import losses
from core.buffers import Buffers
from core.propagation import Propagation
from core.schedules import SCHEDULES, Schedule
from core.training import Trainer
from tests.core import test_gradients, test_losses, test_optimizers, test_settings
from tests.core.checks import check_step_by_hand
from tests.core.planting import (
    Mistake,
    check_differences,
    check_golden,
    check_optimizer,
    check_sigmoid,
    rule_of,
    slope_of,
    value_of,
)

GRADIENTS = {
    "tanh' = 1 + h^2": Mistake(
        slope_of("tanh"),
        "np.subtract(ONE[h.dtype], slope, slope)",
        "np.add(ONE[h.dtype], slope, slope)",
        check_differences,
    ),
    "sigmoid' = 1 - h": Mistake(
        slope_of("sigmoid"), "np.multiply(slope, h, slope)", "pass", check_sigmoid
    ),
    "W is not transposed": Mistake(
        Propagation._backward_operations,
        "network.layers[index + 1].w",
        "network.layers[index + 1].w.swapaxes(-1, -2)",
        check_differences,
    ),
    "without the slope": Mistake(
        Propagation._backward_operations,
        "(d_h, delta, delta)",
        "(d_h, 1, delta)",
        check_differences,
    ),
    "biases have no gradient": Mistake(
        Propagation._gradients_of,
        "block_product(h_in, delta_t, d_dense)",
        "block_product(h_in[..., :-1, :], delta_t, d_dense[..., :-1, :])",
        check_differences,
    ),
    "half of the bias": Mistake(
        Buffers.__init__,
        "[..., -1, :] = 1",
        "[..., -1, :] = 0.5",
        partial(test_gradients.test_every_sum_has_the_bias_that_the_layer_has_now, ()),
    ),
    "residual connections carry nothing back": Mistake(
        Propagation._backward_operations,
        "if index + 1 < len(network.skips) and network.skips[index + 1]:",
        "if False:",
        partial(check_differences, residual=True),
    ),
    "the next sample is seen twice": Mistake(
        Trainer._draw_batch,
        "self._prepared.take(self._indices, 0)",
        "self._prepared.take(self._indices[..., ::-1], 0)",
        check_step_by_hand,
    ),
}

LOSS_MISTAKES = {
    "mse without 1/n": Mistake(
        value_of("mse"),
        "np.multiply(delta, 2 / count, delta)",
        "np.multiply(delta, 2, delta)",
        check_step_by_hand,
    ),
    "sigma(-t z) without its sign": Mistake(
        value_of("binary_cross_entropy"),
        "np.multiply(delta, sign, delta)",
        "pass",
        check_sigmoid,
    ),
    "softmax without minus one": Mistake(
        value_of("cross_entropy"),
        "e_flat[chosen] = -others",
        "e_flat[chosen] = np.exp(shifted_y)",
        partial(check_differences, "cross_entropy"),
    ),
    "smoothing is not spread over K classes": Mistake(
        value_of("cross_entropy"),
        "e -= (smoothing / classes)",
        "e -= smoothing",
        test_settings.test_smoothing_of_k_classes_spreads_its_share_over_all_k,
    ),
    "hinge pushes to the wrong side": Mistake(
        losses._margin,
        "minus_t = 1 - (y + y)",
        "minus_t = (y + y) - 1",
        test_losses.test_a_margin_that_is_kept_has_no_gradient,
    ),
    "huber's slope has no end": Mistake(
        value_of("huber"),
        "np.maximum(delta, -1, out=delta)",
        "pass",
        partial(test_losses.test_a_distance_has_a_slope_of_one_at_most, "huber", -2.0, -1.0),
    ),
}

OPTIMIZER_MISTAKES = {
    "uphill": Mistake(
        rule_of("sgd"), "rates.learning_rate", "-rates.learning_rate", check_step_by_hand
    ),
    "momentum loses its velocity": Mistake(
        rule_of("momentum"),
        "np.multiply(velocity, _fitted(rates.momentum, out), velocity)",
        "velocity.fill(0)",
        partial(check_golden, optimizer="momentum"),
    ),
    "nesterov is momentum": Mistake(
        rule_of("nesterov"),
        "np.multiply(velocity, mu, out)\n    np.add(out, g, out)",
        "np.copyto(out, velocity)",
        test_optimizers.test_nesterov,
    ),
    "adagrad forgets": Mistake(
        rule_of("adagrad"),
        "np.add(square, out, square)",
        "np.copyto(square, out)",
        partial(check_optimizer, "adagrad"),
    ),
    "adam does not correct its start": Mistake(
        rule_of("adam"),
        "rates.learning_rate / (1 - _power(beta1, step))",
        "rates.learning_rate",
        test_optimizers.test_adam,
    ),
    "adamw's decay goes through the moments": Mistake(
        rule_of("adamw"),
        "_adam(g, w, slots, step, rates, out)\n    factor = rates.learning_rate * rates.decay",
        "_adam(g + rates.decay * w, w, slots, step, rates, out)\n    factor = 0.0",
        partial(check_optimizer, "adamw"),
    ),
    "a schedule is one step ahead": Mistake(
        Schedule.factor,
        "self.curve(step - 1,",
        "self.curve(step,",
        test_settings.test_the_first_step_of_a_warm_up_takes_its_share,
    ),
    "the schedule stands still": Mistake(
        Trainer._step,
        "self.updater.apply(self.steps_done + 1,",
        "self.updater.apply(1,",
        partial(
            test_settings.test_the_learning_rate_of_a_step_follows_the_schedule,
            SCHEDULES["exponential"],
        ),
    ),
}
