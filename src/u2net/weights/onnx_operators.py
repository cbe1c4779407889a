"""The standard operators of ONNX, and how many inputs each must have.

Made of the schemas of the onnx package, which a test compares; OpenVINO reads inputs that are not
there, and dies of it.
"""

_FEWEST = {
    0: ("Constant Optional RandomNormal RandomUniform SequenceEmpty "),
    1: (
        "Abs Acos Acosh ArgMax ArgMin Asin Asinh Atan Atanh AveragePool Bernoulli BitCast "
        "BitwiseNot BlackmanWindow Cast Ceil Celu Clip Concat ConcatFromSequence "
        "ConstantOfShape Cos Cosh DFT DepthToSpace Det Dropout DynamicQuantizeLinear Einsum Elu "
        "Erf Exp EyeLike Flatten Floor Gelu GlobalAveragePool GlobalLpPool GlobalMaxPool "
        "HammingWindow HannWindow HardSigmoid HardSwish Hardmax Identity If ImageDecoder IsInf "
        "IsNaN LRN LeakyRelu Log LogSoftmax LpNormalization LpPool Max MaxPool Mean "
        "MeanVarianceNormalization Min Mish Multinomial Neg NonZero Not OptionalGetElement "
        "RandomNormalLike RandomUniformLike Reciprocal ReduceL1 ReduceL2 ReduceLogSum "
        "ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare "
        "RegexFullMatch Relu Round Selu SequenceConstruct SequenceErase SequenceLength "
        "SequenceMap Shape Shrink Sigmoid Sign Sin Sinh Size Softmax Softplus Softsign "
        "SpaceToDepth Split SplitToSequence Sqrt Squeeze StringNormalizer StringSplit Sum Swish "
        "Tan Tanh TfIdfVectorizer ThresholdedRelu Transpose Trilu Unique "
    ),
    2: (
        "Add AffineGrid And BitShift BitwiseAnd BitwiseOr BitwiseXor CastLike "
        "CausalConvWithState CenterCropPad Compress Conv ConvInteger ConvTranspose CumProd "
        "CumSum DequantizeLinear Div Equal Expand Gather GatherElements GatherND Greater "
        "GreaterOrEqual GridSample LayerNormalization Less LessOrEqual MatMul MatMulInteger "
        "MaxRoiPool MaxUnpool Mod Mul NegativeLogLikelihoodLoss NonMaxSuppression Or PRelu Pow "
        "QuantizeLinear RMSNormalization ReverseSequence STFT SequenceAt SequenceInsert "
        "SoftmaxCrossEntropyLoss StringConcat Sub SwiGLU TensorScatter Xor "
    ),
    3: (
        "Attention Col2Im DeformConv GRU GroupNormalization InstanceNormalization LSTM "
        "LinearAttention OneHot RNN Range RoiAlign RotaryEmbedding Scatter ScatterElements "
        "ScatterND Where "
    ),
    5: ("BatchNormalization MelWeightMatrix "),
    8: ("QLinearConv QLinearMatMul "),
}
"""Inputs that must be there -> operators."""

_CHANGED = {
    "Gemm": ((1, 3), (11, 2)),
    "Loop": ((1, 3), (11, 2)),
    "OptionalHasElement": ((15, 1), (18, 0)),
    "Pad": ((1, 1), (11, 2)),
    "Reshape": ((1, 1), (5, 2)),
    "Resize": ((10, 2), (11, 3), (13, 1)),
    "Scan": ((8, 2), (9, 1)),
    "Slice": ((1, 1), (10, 3)),
    "Tile": ((1, 3), (6, 2)),
    "TopK": ((1, 1), (10, 2)),
    "Unsqueeze": ((1, 1), (13, 2)),
    "Upsample": ((1, 1), (9, 2)),
}
"""Operator -> the versions at which that number changed, each with the new one."""

OPERATORS: dict[bytes, tuple[tuple[int, int], ...]] = {
    **{n.encode(): ((1, fewest),) for fewest, names in _FEWEST.items() for n in names.split()},
    **{name.encode(): changes for name, changes in _CHANGED.items()},
}
"""Operator -> (version of the operators, inputs that must be there from that version on)."""


def fewest_inputs(operator: bytes, version: int) -> int | None:
    """How many inputs `operator` must have; None when there is no such operator."""
    known = [fewest for since, fewest in OPERATORS.get(operator, ()) if since <= version]
    return known[-1] if known else None
