"""Models that differ in nothing but the tokenizer: what they learn, and what that costs.

`TrainingSpec` is what a recipe says of the training, `TaskData` holds the examples; `finetune`
trains a small encoder for each seed in a child process and gives an `Outcome`; `compared` puts
the outcomes of several tokenizers side by side, by the scores of `SCORES`. The tasks that everybody
has lie in `tasks/`, as data. torch, transformers and the rest are the extra `[downstream]`.
"""

from tokbench.downstream.inputs import TaskInput
from tokbench.downstream.ranking import correlations
from tokbench.downstream.scores import SCORES
from tokbench.downstream.spec import TrainingSpec
from tokbench.downstream.statistics import compared

__all__ = ["SCORES", "TaskInput", "TrainingSpec", "compared", "correlations"]
