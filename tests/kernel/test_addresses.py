from __future__ import annotations

import pytest

from huiyin.kernel.addresses import block_of


@pytest.mark.parametrize(
    ("address", "block"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("a unix socket", "a unix socket"),
    ],
)
def test_a_block_is_what_one_subscriber_has(address: str, block: str) -> None:
    assert block_of(address) == block


def test_neighbours_are_told_apart() -> None:
    assert block_of("2001:db8:1:2::1") != block_of("2001:db8:1:3::1")
