"""The paper's comparison (Fig. 2, Table 2): blocks and arrangements, by cost and by learning."""
