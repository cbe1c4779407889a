"""Maps and truths -> figures one can quote, and the name of the protocol that formed them."""

from u2net.evaluation.paper import PaperProtocol as PaperProtocol
from u2net.evaluation.paper import PaperScores as PaperScores
from u2net.evaluation.scoring import Scores as Scores
from u2net.evaluation.scoring import evaluate as evaluate
