"""From a finished run to the Hub: what goes up, its model card, and proof of what came back.

`PublishSpec` is what a recipe says of it, and all that reading a recipe needs. `card.card` writes a
model card from `Facts`; a `Bundle` is what may go up, looked through by `scanning`; `upload` makes
one commit of it on a `remote.Hub`, and `proving` tells whether what lies there is what was sent.
"""

from tokbench.publishing.spec import REPO, PublishSpec

__all__ = ["REPO", "PublishSpec"]
