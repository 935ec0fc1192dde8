"""What a model can be asked beyond its parameters: the same answers as the commands give, and as they print them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..infer.propagation.resolved import Resolved
from ..problems import Diagnostic


class Answer:
    """An answer that shows itself as the command line prints it; `document` is what `--format json` holds."""

    def __init__(self, text: str, document: dict[str, Any]) -> None:
        self.text = text
        self.document = document

    def __repr__(self) -> str:
        return self.text.rstrip("\n")


class Answers:
    """The questions; a model is asked about its latest shapes."""

    _resolved: Resolved
    problems: list[Diagnostic]

    def contract(self) -> Answer:
        """The exact set of valid input sizes, with reasons, whatever inputs the model has met: `deferinit contract`."""
        from ..infer.domains.contract import contract
        from ..views import contracts

        network = self._resolved.network
        found = contract(network)
        text = contracts.render(found, told=self.problems)
        return Answer(text, contracts.document(found, network.source.name, self.problems))

    def why(self, what: str) -> Answer:
        """The facts behind a size, such as `fc1.weight[1]`, or all sizes of `fc1`: `deferinit why`.

        Raises Rejected for what is not there.
        """
        from ..infer.why import Question
        from ..views import explanations

        network = self._resolved.network
        found = Question(self._resolved).ask(what)
        return Answer(explanations.render(found), explanations.document(found, what, network.name, network.source.name))

    def document(self) -> dict[str, Any]:
        """Inputs, outputs, parameters, layers and totals as data: what `deferinit show --format json` prints."""
        from ..report import Report

        report = Report(self._resolved, "show", self._resolved.network.source.name)
        report.tell(self.problems)
        return report.document()

    # ---- how it shows itself

    def table(
        self, framework: str = "torch", *, layers: bool = False, depth: int | None = None, filter: Sequence[str] = (),
        columns: Sequence[str] | None = None, depends: bool = False, unfold: bool = False, width: int | None = None, ascii: bool = False,
    ) -> str:  # fmt: skip
        """The parameters as text, as `deferinit show` prints them; `framework` is torch, keras, flax or mxnet.

        Options are those of `show`: `layers=True`, `filter=["layer4.*"]`, `columns=["parameter", "resolved"]`, `width=100`.
        """
        from ..views.notebook import as_text

        return as_text(self._resolved, framework, self.problems, layers=layers, depth=depth, filter=filter, columns=columns,
                       depends=depends, unfold=unfold, width=width, ascii=ascii)  # fmt: skip

    def __repr__(self) -> str:
        return self.table()

    def _repr_html_(self) -> str:
        from ..views.notebook import as_html

        return as_html(self._resolved, self.problems)
