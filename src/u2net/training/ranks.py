"""The processes that train together, as torchrun starts them, and where they meet."""

import atexit
import os
import time
from dataclasses import dataclass
from uuid import uuid4

import torch.distributed as dist
from lightning.pytorch.strategies import DDPStrategy
from torch.distributed.distributed_c10d import PrefixStore, Store
from torch.distributed.rendezvous import rendezvous

PAUSE_SECONDS = 0.01
BEGAN = "u2net/began"


@dataclass(frozen=True, slots=True)
class Ranks:
    """How many processes train together; one without torchrun."""

    all: int
    here: int
    restarted: bool
    """Whether torchrun has started them before, and they began to train."""
    store: PrefixStore | None
    """Where they tell each other their addresses; None for one process."""

    @classmethod
    def of_this_run(cls) -> "Ranks":
        """Of all ranks at once: each waits here for the others."""
        everyone, here, restarts = (
            int(os.environ.get(name, default))
            for name, default in (
                ("WORLD_SIZE", "1"),
                ("LOCAL_WORLD_SIZE", "1"),
                ("TORCHELASTIC_RESTART_COUNT", "0"),
            )
        )
        if everyone == 1:
            return cls(everyone, here, restarts > 0, None)
        shared, rank, _ = next(rendezvous("env://"))
        number = start_number(shared, rank, everyone)
        store = PrefixStore(f"u2net/start/{number}", shared)
        # torchrun restarts ranks that refused to begin, too; and each node's counts only its own.
        return cls(everyone, here, shared.check([BEGAN]), store)

    def begin(self) -> None:
        """Note for ranks that are restarted that the run is theirs to go on with."""
        if self.store:
            self.store.underlying_store.set(BEGAN, "")


def start_number(store: Store, rank: int, ranks: int) -> int:
    """How often the ranks have been started with this store, this time included.

    torchrun's store outlives the ranks, so what the dead ones said is still in it and must not be
    taken for an answer. Hence each rank asks under a name that was never there before, and rank 0,
    which counts, answers whatever name it finds until the rank has said that it heard.
    """
    if rank:
        name = f"u2net/name/{uuid4().hex}"
        store.set(f"u2net/rank/{rank}", name)
        number = int(store.get(name))
        store.set(f"u2net/heard/{number}/{rank}", "")
        return number
    number = store.add("u2net/starts", 1)
    for other in range(1, ranks):
        while not store.check([f"u2net/heard/{number}/{other}"]):
            if store.check([f"u2net/rank/{other}"]):
                store.set(store.get(f"u2net/rank/{other}").decode(), str(number))
            time.sleep(PAUSE_SECONDS)
    return number


class Together(DDPStrategy):
    """Data-parallel training by ranks that find each other in the store of this start.

    Left to itself, torch meets in torchrun's store under names that are the same at every restart,
    finds the addresses of the ranks that were killed, and fails to connect, or waits for them.
    """

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store

    def setup_distributed(self) -> None:
        """Connect; Lightning then finds the ranks connected and does the rest."""
        gpu = self.root_device.type == "cuda"
        dist.init_process_group(
            "nccl" if gpu else "gloo",
            store=self.store,
            rank=self.global_rank,
            world_size=self.world_size,
            device_id=self.root_device if gpu else None,
        )
        if gpu:
            atexit.register(dist.destroy_process_group)  # as Lightning where it connects itself
        super().setup_distributed()
