"""The plane through three points: what is said while they are picked."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def wide(window: Any, world: Any) -> Any:
    """The window with a model of four latents."""
    world.open_data()
    world.open_model(latent_dim=4)
    return window


def test_what_is_said_of_points_to_pick_counts_and_goes_with_the_third(
    wide: Any, world: Any
) -> None:
    wide.notices.clear()
    wide.actions_table["three_points"].trigger()
    said = []
    for x, y in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.5)):
        said += [banner.notice.text for banner in wide.notices.banners]
        world.session.move_cursor((x, y))
        wide.actions_table["pick_cursor"].trigger()
    assert said == [f"{n} to pick for a plane." for n in ("Three", "Two more", "One more")]
    assert wide.notices.banners == []
