"""Voice while a line is overfull both ways: none of it is lost, and it does not wait for the rest."""

from citycloud_lab.wan.laboratory import OwnLaboratory
from citycloud_lab.wan.traffic import overload


def test_voice_goes_first_when_a_line_is_filled_twice_over(lab: OwnLaboratory) -> None:
    load = overload(lab)
    assert min(load.lost_percent) > 0, "the line was not overfull"
    assert load.voice.lost_percent == 0
    assert load.voice.median_ms < load.others.median_ms
