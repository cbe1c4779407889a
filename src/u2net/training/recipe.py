"""Everything that decides a training run, as one frozen value."""

import json
import math
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal, get_args, get_origin

from u2net.errors import TrainingError
from u2net.task import Task
from u2net.training.effects import check_effects
from u2net.weights.card import check_classes

Term = Literal["bce", "iou", "ssim", "structure", "ce"]
"""A part of the loss of a map."""
Losses = dict[Term, float]
"""Terms of the loss, and the weight of each."""

Precision = Literal["auto", "bf16", "fp16", "fp32", "fp64"]

TERMS_OF: dict[Task, tuple[Term, ...]] = {
    "saliency": ("bce", "iou", "ssim", "structure"),
    "multiclass": ("ce", "iou"),
    "multilabel": ("bce", "iou"),
}
"""What the loss may be made of."""

_POSITIVE = (
    *("resize", "size", "cache_side", "batch", "accumulate", "max_bad_losses"),
    *("val_size", "val_every", "checkpoint_every", "log_every"),
)
_NOT_NEGATIVE = (
    *("warmup", "weight_decay", "clip", "workers", "val_pictures", "keep_best", "sheet_every"),
    *("steps", "epochs", "seed", "max_diverged", "patience", "hints"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """The settings of a run. Data folders are arguments of the run, all else is here."""

    name: str
    """Which named recipe this began as."""
    network: str = "lite"
    """full (U²-Net), lite (U²-Net†), swift, u3 (a small U³-Net), tiny (a toy of the same shape), a
    file with a spec as `u2net models spec` prints it, FILE.json, or init: whatever the checkpoint
    `init` holds. A run writes down what it is, and its spec in `run.json`."""
    init: str = ""
    """Checkpoint whose weights the run starts from, of any known format; empty: from scratch."""
    task: Task = "saliency"
    """What the network says of a pixel: how salient it is; which one class it is of (softmax,
    masks of class numbers); of each class, whether it is of it (sigmoid, a mask a class)."""
    classes: tuple[str, ...] = ()
    """Names of the classes, the first is number 0; empty: what `classes.txt` in the first data set
    says, or the names of its folders of masks."""
    class_weights: tuple[float, ...] = ()
    """Weight of each class in ce or bce; empty: 1 for all."""
    ignore: int = 255
    """Number in masks of class numbers of pixels that count for nothing."""
    extra: tuple[str, ...] = ()
    """Channels beside the colours, by the folders of their planes: depth, thermal."""
    seed: int = 0
    """Decides the first weights, the order of the data and every augmentation."""

    augment: Literal["paper", "strong"] = "strong"
    """`paper`: resize, crop, flip. `strong`: scale, aspect, flip, colours, blur, noise, JPEG."""
    resize: int = 320
    """Side in pixels to which `paper` squashes a picture before it crops."""
    size: int = 288
    """Side in pixels of the squares that the network sees in training."""
    flip: Literal["horizontal", "vertical"] = "horizontal"
    """Which flip half of the pictures get; the authors' code flips upside down."""
    smallest_crop: float = 0.5
    """Smallest share of each side that a crop of `strong` keeps."""
    turn: float = 0.0
    """Standard deviation, in degrees, of the angle by which `strong` turns pictures."""
    plain: float = 0.0
    """Share of the samples of `strong` whose background becomes one colour, 0 up to 1."""
    composites: float = 0.0
    """Share of the samples that are cut-outs pasted on backgrounds, 0 up to 1."""
    cutouts: tuple[str, ...] = ()
    """Folders of RGBA pictures, or data sets with masks, to cut from."""
    backgrounds: tuple[str, ...] = ()
    """Folders of pictures to paste on."""
    cache: str = ""
    """Folder for the packed copies of the data; empty: the user's cache folder."""
    cache_side: int = 400
    """Longest side in pixels at which pictures are packed; larger ones are shrunk."""
    on_bad: Literal["stop", "skip"] = "stop"
    """Unreadable files and pairs that cannot be right: stop and name it, or count and leave out."""
    workers: int = 2
    """Processes that augment, per rank; 0: none beside the training itself."""

    freeze: Literal["nothing", "encoders"] = "nothing"
    """What keeps the weights of `init`, norms included: a small set spoils what it cannot teach."""
    freeze_norm: bool = False
    """Batch norms keep statistics and weights of `init`: for batches too small to say much."""

    loss: Losses = field(default_factory=lambda: {"bce": 1.0})
    """Terms of the loss of each map with their weights, as in `bce:1,iou:0.5`; bce, iou and ssim as
    in BASNet, structure as in F3Net; of classes ce (multiclass) or bce (multilabel), and iou."""
    map_weights: tuple[float, ...] = ()
    """Weight of each map's loss, fused first; empty: 1 for all, as in the paper."""

    distil: Literal["no", "layers", "blocks", "whole"] = "no"
    """What is learnt from `teacher`: nothing; each layer, or each block, alone what the teacher's
    gives (both of one spec); or the features and maps of the whole network beside the truth."""
    teacher: str = ""
    """Checkpoint of the network to learn from, of any known format; photos need no masks then."""
    hints: float = 3.0
    """Weight of the mean error of the features beside the loss of the maps, where `distil` is
    `whole`."""
    teacher_share: float = 0.35
    """Part of the truth that is the teacher's map where people labelled a picture and `distil` is
    `whole`; of soft maps and of photos alone it is all."""

    batch: int = 12
    """Pictures per rank and step."""
    accumulate: int = 1
    """Batches per step of the optimiser."""
    steps: int = 0
    """Steps of the optimiser; 0: `epochs` decides."""
    epochs: float = 0.0
    """Passes through the weighted data, where `steps` is 0."""
    optimiser: Literal["adam", "adamw", "muon"] = "adamw"
    """Adam, AdamW, or Muon, which learns more from few samples; norms and biases never decay."""
    rate: float = 1e-3
    """Highest learning rate."""
    schedule: Literal["constant", "cosine", "poly"] = "cosine"
    """What follows the warm-up: the highest rate throughout, half a cosine down to 0, or the
    polynomial (1 - share of the steps done)^0.9."""
    warmup: int = 0
    """Steps of linear rise to the highest rate."""
    weight_decay: float = 0.0
    """Weight decay of convolutions."""
    clip: float = 0.0
    """Largest norm of the gradients; 0: not clipped."""
    ema: float = 0.999
    """Highest decay per step of the averaged weights, 0: no averaging. They and those in training
    are both validated, and the better are exported."""
    precision: Precision = "auto"
    """Arithmetic of the network; auto is bf16 where the machine computes it itself, or else fp32,
    and which it was stands in the run's recipe. With bf16 and fp16 (for GPUs without bfloat16; the
    gradients are scaled), weights, loss and optimiser are float32 all the same; fp64 is for
    comparing runs without the noise of rounding."""
    channels_last: bool = True
    """Memory order of the pictures that convolutions like better."""
    compile: bool = False
    """Let torch.compile fuse the network: takes minutes; on a CPU it was slower after that."""
    sync_norm: bool = True
    """Batch norm over all ranks together."""
    max_bad_losses: int = 10
    """Steps in a row whose loss or gradient is not finite before the run stops."""
    max_diverged: int = 200
    """Steps in a row whose mean loss is ten times that of a network that knows nothing, or more,
    before the run stops; 0: it only says so."""

    val: tuple[str, ...] = ()
    """Data sets to validate on, or the share of one's own to hold out for it, such as 0.1 (drawn by
    `seed`; frames of one film stay together). The first decides which weights are best. Empty: no
    validation, and the last weights are exported."""
    val_size: int = 320
    """Side in pixels at which the network sees validation pictures, and the exported model all."""
    val_pictures: int = 0
    """How many pictures of each set, evenly spread; 0: all."""
    val_every: int = 1000
    """Steps between validations."""
    best: Literal["max_f", "mae", "iou"] = "max_f"
    """Which measure says what is best. Take iou (at half) or mae where truths may be empty: max F
    counts those as failures whatever the map."""
    keep_best: int = 2
    """How many of the best checkpoints are kept, for each set."""
    patience: int = 0
    """Validations in a row without a better score on the first set before the run ends; 0: none."""
    checkpoint_every: int = 500
    """Steps between writings of `last.ckpt`."""
    sheet_every: int = 1000
    """Steps between picture sheets; 0: none."""
    log_every: int = 20
    """Steps between rows of `metrics.csv`."""
    licence: str = ""
    """Licence of the weights that come out, for the model's card."""

    def __post_init__(self) -> None:
        low = [name for name in _POSITIVE if getattr(self, name) < 1]
        if low:
            raise TrainingError(f"{low[0]} must be 1 or more, not {getattr(self, low[0])}")
        low = [name for name in _NOT_NEGATIVE if getattr(self, name) < 0]
        if low:
            raise TrainingError(f"{low[0]} must not be negative, as {getattr(self, low[0])} is")
        if not (0 <= self.composites < 1 and 0 <= self.ema < 1 and 0 < self.smallest_crop <= 1):
            raise TrainingError("composites, ema and smallest_crop are shares: 0 up to 1")
        if not 0 <= self.teacher_share <= 1:
            raise TrainingError(f"teacher_share is a share from 0 to 1, not {self.teacher_share}")
        wild = [f.name for f in fields(self) if not finite(getattr(self, f.name))]
        if wild:
            raise TrainingError(f"{wild[0]} must be a finite number")
        if self.seed >= 1 << 63:
            raise TrainingError(f"seed must be below 2^63, not {self.seed}")
        if self.rate <= 0:
            raise TrainingError(f"rate must be above 0, not {self.rate}")
        self._check_together()
        self._check_task()

    def _check_together(self) -> None:
        if not (0 <= self.turn <= 180 and 0 <= self.plain <= 1):
            raise TrainingError("turn is an angle, 0 to 180 degrees, and plain a share, 0 to 1")
        if (self.turn or self.plain) and self.augment != "strong":
            raise TrainingError(f"augment={self.augment} turns nothing and paints nothing plain")
        if (self.steps > 0) == (self.epochs > 0):
            raise TrainingError(
                f"one of steps and epochs must be above 0, not both: {self.steps}, {self.epochs}"
            )
        if not self.loss or min(self.loss.values()) < 0 or not any(self.loss.values()):
            raise TrainingError("loss needs a term of positive weight, such as bce:1,iou:0.5")
        if self.patience and not self.val:
            raise TrainingError("patience needs val=DIR, whose scores it waits for")
        if self.composites and not (self.cutouts and self.backgrounds):
            raise TrainingError("composites needs cutouts=DIR and backgrounds=DIR")
        if self.augment == "paper" and self.size > self.resize:
            raise TrainingError(f"size {self.size} is larger than resize {self.resize}")

    def _check_task(self) -> None:
        wrong = [term for term in self.loss if term not in TERMS_OF[self.task]]
        if wrong:
            there = ", ".join(TERMS_OF[self.task])
            raise TrainingError(f"loss: {wrong[0]} is none of {self.task}, which has {there}")
        if (self.extra or self.task != "saliency") and (
            self.composites or self.plain or self.teacher
        ):
            raise TrainingError(
                "composites, plain and teacher are for saliency from colours, not for classes or "
                "extra channels"
            )
        if self.task == "saliency":
            if self.classes or self.class_weights:
                raise TrainingError("classes are for task=multiclass or multilabel")
            return
        if self.best != "iou":
            raise TrainingError(f"best={self.best} is for saliency; {self.task} goes by iou")
        self._check_classes()

    def _check_classes(self) -> None:
        if not self.classes:
            return  # not known before the data are found
        try:
            check_classes(self.task, self.classes)
        except ValueError as error:
            raise TrainingError(f"classes: {error}") from error
        weights = self.class_weights
        if weights and (min(weights) < 0 or len(weights) != len(self.classes)):
            raise TrainingError(
                f"class_weights: {len(weights)} for {len(self.classes)} classes; "
                "one of 0 or more each was expected"
            )

    def to_json(self) -> str:
        """The recipe as a JSON object, one field a line."""
        return json.dumps(asdict(self), indent=2)


def finite(value: Any) -> bool:
    """Whether there is no NaN and no infinity in a field."""
    if isinstance(value, dict):
        value = tuple(value.values())
    numbers = value if isinstance(value, tuple) else (value,)
    return all(math.isfinite(n) for n in numbers if isinstance(n, float))


def change(recipe: Recipe, settings: list[str]) -> Recipe:
    """`recipe` with fields changed by `key=value` texts; several values are written with commas.

    Of `steps` and `epochs` the one that is given counts. Raises `TrainingError` that lists the
    fields for a wrong key, or says what fits for a value, or what a field that would do nothing
    needs.
    """
    changes: dict[str, Any] = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals or key not in KINDS:
            raise TrainingError(
                f"--set {setting}: no such field; the fields are {', '.join(KINDS)}"
            )
        changes[key] = parse(key, KINDS[key], text)
    given = tuple(changes)
    if not {"steps", "epochs"} <= changes.keys():
        for one, other in (("steps", "epochs"), ("epochs", "steps")):
            if changes.get(one):
                changes[other] = 0
    changed = replace(recipe, **changes)
    check_effects(changed, given)
    return changed


KINDS: dict[str, Any] = {f.name: f.type for f in fields(Recipe) if f.name != "name"}
"""Field -> its type."""


def parse(key: str, kind: Any, text: str) -> Any:
    """`text` as a value of the field's type. Raises `TrainingError` that says what fits."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Literal:
        if text not in inner:
            raise TrainingError(f"{key}={text}: one of {', '.join(inner)} was expected")
        return text
    if origin is tuple:
        return tuple(parse(key, inner[0], part) for part in text.split(",") if part)
    if origin is dict:
        # Joined by +, with weights of 1, as recipes of older runs have them.
        pairs = [part.partition(":") for part in text.replace("+", ",").split(",")]
        return {parse(key, inner[0], k): parse(key, inner[1], v or "1") for k, _, v in pairs}
    try:
        if kind is bool:
            return {"true": True, "false": False}[text.lower()]
        return kind(text)
    except (ValueError, KeyError) as error:
        raise TrainingError(f"{key}={text}: a {kind.__name__} was expected") from error


def read_fields(text: str) -> dict[str, Any]:
    """The fields of a recipe as `to_json` wrote them, today or in an older version.

    Raises `ValueError` for what is no recipe.
    """
    table = json.loads(text)
    if not isinstance(table, dict):
        raise ValueError("a JSON object was expected")
    return {key: as_today(key, table[key]) for key in KINDS.keys() & table.keys()}


def as_today(key: str, value: Any) -> Any:
    """A stored value as the field holds it: lists were tuples, and some fields were texts."""
    if isinstance(value, str):
        return parse(key, KINDS[key], value)
    return tuple(value) if isinstance(value, list) else value
