from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from u2net.training.data.order import Batches, Order, counts

sizes = st.lists(st.integers(1, 30), min_size=1, max_size=4).map(tuple)


@given(st.integers(0, 1000), sizes)
def test_a_pass_shows_every_item_once(seed: int, items: tuple[int, ...]) -> None:
    order = Order(seed, items, counts(items, (1.0,) * len(items)))
    for number in range(2):
        start = number * order.length
        drawn = [order[i][1:] for i in range(start, start + order.length)]
        assert sorted(drawn) == [(s, i) for s, n in enumerate(items) for i in range(n)]


@given(st.integers(0, 1000), st.integers(1, 12), st.floats(0.1, 3))
def test_a_weighted_source_still_shows_its_items_equally_often(
    seed: int, items: int, weight: float
) -> None:
    order = Order(seed, (items, 5), counts((items, 5), (weight, 1.0)))
    seen = Counter(order[i][2] for i in range(6 * order.length) if order[i][1] == 0)
    assert max(seen.values()) - min(seen.get(i, 0) for i in range(items)) <= 1
    assert abs(sum(seen.values()) - 6 * max(1, round(weight * items))) == 0


def test_passes_and_seeds_differ() -> None:
    order = Order(0, (40,), (40,))
    first, second = ([order[i + start][2] for i in range(40)] for start in (0, 40))
    assert first != second
    assert first != [Order(1, (40,), (40,))[i][2] for i in range(40)]


@given(st.integers(1, 4), st.integers(1, 3), st.integers(0, 6))
def test_ranks_together_see_what_one_rank_with_their_batch_sees(
    batch: int, ranks: int, first: int
) -> None:
    order = Order(3, (17,), (17,))

    def walk(rank: int, size: int, total: int) -> list[list[int]]:
        batches = Batches(order=order, batch=size, first=first, last=8, rank=rank, ranks=total)
        return [[draw[0] for draw in drawn] for drawn in batches]

    together = [
        [sample for part in parts for sample in part]
        for parts in zip(*(walk(r, batch, ranks) for r in range(ranks)), strict=True)
    ]
    assert together == walk(0, batch * ranks, 1)


def test_a_resumed_walk_is_the_rest_of_the_whole_walk() -> None:
    order = Order(3, (17, 4), (17, 2))
    whole = list(Batches(order=order, batch=3, first=0, last=20))
    assert list(Batches(order=order, batch=3, first=7, last=20)) == whole[7:]
