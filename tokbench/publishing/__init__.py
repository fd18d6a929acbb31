"""From a finished run to the Hub: what goes up, its model card, and proof of what came back."""

from tokbench.publishing.spec import PublishSpec

__all__ = ["PublishSpec"]
