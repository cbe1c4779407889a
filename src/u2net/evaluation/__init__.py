"""Maps and truths -> figures one can quote, and the name of the protocol that formed them."""

from u2net.evaluation.measures.paper import PaperProtocol as PaperProtocol
from u2net.evaluation.measures.paper import PaperScores as PaperScores
from u2net.evaluation.models import DataSet as DataSet
from u2net.evaluation.models import MapFolder as MapFolder
from u2net.evaluation.score import Evaluation as Evaluation
from u2net.evaluation.score import Result as Result
from u2net.evaluation.score import Scores as Scores
from u2net.evaluation.score import evaluate as evaluate
from u2net.evaluation.score import score as score
