"""The processes that train together, as torchrun starts them, and where they meet."""

import atexit
import os
import signal
import time
from dataclasses import dataclass
from uuid import uuid4

import torch.distributed as dist
from lightning.pytorch.strategies import DDPStrategy
from torch.distributed.constants import default_pg_timeout
from torch.distributed.distributed_c10d import PrefixStore, Store, is_torchelastic_launched
from torch.distributed.rendezvous import rendezvous

from u2net.errors import TrainingError

PAUSE_SECONDS = 0.01
WAIT = default_pg_timeout
"""How long ranks wait for each other at a start."""
BEGAN = "u2net/began"


@dataclass(frozen=True, slots=True)
class Ranks:
    """How many processes train together; one without torchrun."""

    all: int
    here: int
    restarted: bool
    """Whether torchrun has started them before, and they began to train.

    Known with torchrun's static and c10d rendezvous, where its store outlives the ranks. With
    others (etcd) it is never so, and a restart finds a run that it may not go on with.
    """
    store: PrefixStore | None
    """Where they tell each other their addresses; None without torchrun."""
    rank: int = 0
    """Which of them this is; 0 writes the files of the run."""

    @classmethod
    def of_this_run(cls) -> "Ranks":
        """Of all ranks at once: each waits here for the others.

        Raises `TrainingError` if one does not come, or if something else than torchrun starts them.
        """
        if not is_torchelastic_launched():
            refuse_other_launchers()
            return cls(1, 1, False, None)
        everyone, here = (int(os.environ[name]) for name in ("WORLD_SIZE", "LOCAL_WORLD_SIZE"))
        try:
            shared, rank, _ = next(rendezvous("env://", timeout=WAIT))
            number = start_number(shared, rank, everyone)
            # torchrun restarts ranks that refused to begin, too; each node's counts only its own.
            began = shared.check([BEGAN])
        except (dist.DistStoreError, dist.DistNetworkError) as error:
            raise TrainingError(
                f"rank {os.environ['RANK']} did not meet the others: {str(error).splitlines()[0]}; "
                "see what they said last, and start all ranks again"
            ) from error
        return cls(everyone, here, began, PrefixStore(f"u2net/start/{number}", shared), rank)

    def begin(self) -> None:
        """Note for ranks that are restarted that the run is theirs to go on with."""
        if self.store:
            self.store.underlying_store.set(BEGAN, "")


def refuse_other_launchers() -> None:
    """Ranks that do not meet would each take itself for the one that writes the files."""
    name = "WORLD_SIZE" if "WORLD_SIZE" in os.environ else "SLURM_NTASKS"
    number = os.environ.get(name, "1")
    if int(number) > 1:
        raise TrainingError(
            f"{name} is {number}, but torchrun did not start this process; "
            f"start ranks with torchrun, or unset {name} for one process"
        )


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
    seconds = WAIT.total_seconds()
    deadline = time.monotonic() + seconds
    for other in range(1, ranks):
        while not store.check([f"u2net/heard/{number}/{other}"]):
            if time.monotonic() > deadline:
                raise TrainingError(
                    f"rank {other} of {ranks} did not come within {seconds:.0f} s; "
                    "see what it said last, and start all ranks again"
                )
            if store.check([f"u2net/rank/{other}"]):
                store.set(store.get(f"u2net/rank/{other}").decode(), str(number))
            time.sleep(PAUSE_SECONDS)
    return number


class TorchrunStrategy(DDPStrategy):
    """Data-parallel training by ranks that find each other in the store of this start.

    Left to itself, torch meets in torchrun's store under names that are the same at every restart,
    finds the addresses of the ranks that were killed, and fails to connect, or waits for them.
    """

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store

    def setup_distributed(self) -> None:
        """Connect; Lightning then finds the ranks connected and does the rest."""
        backend = self._get_process_group_backend()
        dist.init_process_group(
            backend,
            timeout=self._timeout,
            store=self.store,
            rank=self.global_rank,
            world_size=self.world_size,
            device_id=None if self.root_device.type == "cpu" else self.root_device,
        )
        if backend == "nccl":
            atexit.register(disconnect)
        super().setup_distributed()


def disconnect() -> None:
    """Leave the other ranks, whatever Ctrl-C; as Lightning does where it connects itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if dist.is_initialized():
        dist.destroy_process_group()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
