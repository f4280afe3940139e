from genesis_ray.domain.load.retry import Attempts


def test_each_failure_is_waited_after_for_longer_until_there_were_enough():
    attempts = Attempts()
    assert [attempts.failed() for _ in range(5)] == [1, 5, 15, None, None]
    assert attempts.failures == 5


def test_after_a_success_the_next_failure_is_the_first_one_again():
    attempts = Attempts()
    attempts.failed()
    attempts.failed()
    attempts.succeeded()
    assert attempts.failed() == 1
