"""The mailbox is bounded, keeps order, and hands out only the newest frame."""

from lab.mailbox import CAPACITY, Mailbox, Tuned
from tests.lab.making import run_of


def test_messages_come_in_order_and_once() -> None:
    mailbox = Mailbox()
    for run_id in range(5):
        mailbox.post(Tuned(run_id))
    assert [message.run_id for message in mailbox.drain()] == [0, 1, 2, 3, 4]
    assert not list(mailbox.drain())


def test_who_stops_reading_finds_the_rest_next_time() -> None:
    mailbox = Mailbox()
    for run_id in range(3):
        mailbox.post(Tuned(run_id))
    assert next(iter(mailbox.drain())).run_id == 0
    assert [message.run_id for message in mailbox.drain()] == [1, 2]


def test_what_is_posted_while_reading_waits_for_the_next_time() -> None:
    mailbox = Mailbox()
    mailbox.post(Tuned(0))
    for message in mailbox.drain():
        mailbox.post(Tuned(message.run_id + 1))
    assert [message.run_id for message in mailbox.drain()] == [1]


def test_a_mailbox_never_drained_stays_bounded_and_keeps_the_newest() -> None:
    mailbox = Mailbox()
    for run_id in range(3 * CAPACITY):
        mailbox.post(Tuned(run_id))
    left = [message.run_id for message in mailbox.drain()]
    assert left == list(range(2 * CAPACITY, 3 * CAPACITY))


def test_only_the_newest_frame_is_there_and_once() -> None:
    mailbox, run = Mailbox(), run_of()
    frames = [run.frame(0.0, renew=False) for _ in range(3)]
    assert mailbox.take_frame() is None
    for frame in frames:
        mailbox.show(frame)
    assert mailbox.take_frame() is frames[-1]
    assert mailbox.take_frame() is None


def test_a_frame_is_wanted_from_asking_to_showing() -> None:
    mailbox, run = Mailbox(), run_of()
    assert not mailbox.frame_wanted
    mailbox.ask_for_frame()
    assert mailbox.frame_wanted
    mailbox.show(run.frame(0.0, renew=False))
    assert not mailbox.frame_wanted
