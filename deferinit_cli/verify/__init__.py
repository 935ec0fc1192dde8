"""Checking specs: parsed, inferred, their own cases run, the combinations asked for, and what is never used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..graph import Given, Network
from ..infer.conflicts.diagnose import diagnostics
from ..infer.propagation.engine import infer
from ..infer.propagation.resolved import Resolved
from ..infer.warnings import apart, warnings
from ..language.load import load_text
from ..language.source.texts import Text, locate_named
from ..problems import Diagnostic, Rejected, Span, Unusable
from .cases import judge
from .outcomes import CHECK, COMBINATION, LOCK, SPEC, STRICT, Asked, Outcome, Run
from .undecided import Undecided

if TYPE_CHECKING:
    from ..infer.domains.contract import Contract
    from ..language.builder.checks import Check
    from .strict import Strict

CONDITIONS = 3000
"""More than these are not looked through for sizes that meet them all: minutes, where a check takes a moment."""

__all__ = ["Asked", "Outcome", "Run", "examine", "safely", "verify"]


def verify(spec: str, sets: Mapping[str, str] | None = None) -> list[Outcome]:
    """Parse, infer and run every case; the spec itself is the first outcome."""
    return examine(spec, Asked(sets))


def examine(spec: str, asked: Asked) -> list[Outcome]:
    """Everything asked about one spec, as outcomes; wrong specs and unreadable ones are outcomes too."""
    try:
        text = locate_named(spec)  # read once: every case sees the same text, standard input too
        network = load_text(text, sets=asked.sets, strict=asked.strict, blocks_alone=True)
    except Rejected as e:
        return [Outcome(spec, "spec", None, e.diagnostics, SPEC, isinstance(e, Unusable))]
    resolved = infer(network)
    answer = contract_within(resolved)
    found = diagnostics(resolved) or hopeless(answer)
    undecided = Undecided(resolved)
    lints: list[Strict] = []
    if asked.strict:
        from .strict import Strict

        lints.append(Strict(network))
        lints[0].see(resolved)
    grown = [] if found else apart(resolved)
    told = [*grown, *undecided.problems()]
    out = [Outcome(spec, "blocks" if network.blocks_alone else "spec", None, [*found, *grown])]
    for check in network.checks:
        net, resolved_, problems = case(
            text, network, {**asked.sets, **check.sets}, check.inputs, bool(check.sets), check.error is None
        )
        at_home(problems, check)
        wrong = judge(check, net, resolved_, problems)
        fine = resolved_ if check.error is None and not wrong else None
        out.append(Outcome(spec, check.name, check.span.line, wrong + besides(network, fine, told), CHECK))
        see(fine, [undecided, *lints])
    if asked.choices or asked.inputs:
        out += combined(spec, text, network, asked, [undecided, *lints], told)
    if not found:
        out[0].problems += undecided.problems()
        out += [Outcome(spec, "strict", None, strict.problems(resolved, answer), STRICT) for strict in lints]
    if asked.locked and not found:
        from ..compare.drift import drift

        out.append(Outcome(spec, "lock", None, drift(spec), LOCK))
    for outcome in out:
        outcome.strict = asked.strict
    return out


def besides(network: Network, resolved: Resolved | None, told: list[Diagnostic]) -> list[Diagnostic]:
    """The warnings about the network of a case that are not told of the spec by itself: other variables may make another one."""
    if resolved is None or resolved.network is network:
        return []
    known = {(d.rule, str(d.span), d.message) for d in told}
    return [d for d in warnings(resolved) if (d.rule, str(d.span), d.message) not in known]


def see(resolved: Resolved | None, watched: Sequence[Undecided | Strict]) -> None:
    """Show a case that passes to what looks at them."""
    if resolved is not None:
        for one in watched:
            one.see(resolved)


def contract_within(resolved: Resolved) -> Contract | None:
    """The contract of a network that has one: a network that nothing fits is wrong too, and nobody would notice. None where there
    are no conditions on the inputs, or too many."""
    if resolved.conflicts or not 0 < len(resolved.store.clauses) <= CONDITIONS:
        return None
    from ..infer.domains.contract import contract_of

    return contract_of(resolved)


def hopeless(answer: Contract | None) -> list[Diagnostic]:
    """Conditions on the inputs that no sizes meet."""
    if answer is None:
        return []
    from ..infer.domains.impossible import impossible

    return impossible(answer)


def at_home(problems: list[Diagnostic], check: Check) -> None:
    """What is wrong with a value that a case sets is told where the case sets it."""
    for d in problems:
        d.span = home(d.span, check)
        for related in d.related:
            related.span = home(related.span, check)


def home(span: Span | None, check: Check) -> Span | None:
    """The place at which a case sets a variable, for a place in the option that it is set by."""
    if span is None or span.source.name != "--set":
        return span
    return check.set_spans.get(span.source.text.partition("=")[0], span)


def case(
    text: Text, network: Network, sets: dict[str, str], inputs: Sequence[Given], again: bool, advice: bool = True
) -> tuple[Network, Resolved | None, list[Diagnostic]]:
    """One inference: (network, what is known or None, what is wrong). `again`: other sets make it another network."""
    try:
        net = load_text(text, sets=sets) if again else network
        resolved = infer(net, inputs)
        found = diagnostics(resolved)
        if found and inputs and advice:
            from ..infer.domains.advice import advise

            advise(net, inputs, found)
        return resolved.network, resolved, found
    except Rejected as e:
        return network, None, e.diagnostics


def combined(
    spec: str, text: Text, network: Network, asked: Asked, watched: Sequence[Undecided | Strict], told: list[Diagnostic]
) -> list[Outcome]:
    """Every combination of the values asked for: each must infer without a problem. Those that do are shown to what is `watched`;
    `told` are the spec's own warnings."""
    from ..language.given_shapes import parse_inputs
    from .combinations import combinations

    out: list[Outcome] = []
    try:
        wanted = combinations(asked)
        parsed = {tuple(inputs): parse_inputs(inputs, network) for _, _, inputs in wanted}
    except Rejected as e:
        return [Outcome(spec, "combinations", None, e.diagnostics, COMBINATION, isinstance(e, Unusable))]
    for name, sets, inputs in wanted:
        _, resolved, problems = case(text, network, {**asked.sets, **sets}, parsed[tuple(inputs)], bool(sets))
        fine = resolved if not problems else None
        out.append(Outcome(spec, name, None, problems + besides(network, fine, told), COMBINATION))
        see(fine, watched)
    return out


def safely(spec: str, asked: Asked) -> list[Outcome]:
    """`examine`, where even a fault of ours is an outcome: the other specs of a run are still checked and told."""
    try:
        return examine(spec, asked)
    except Exception as e:
        import os

        if os.environ.get("DEFERINIT_TRACEBACK"):
            raise
        problem = Diagnostic("internal-error", f"{spec}: {type(e).__name__}: {e}",
                             help="this is a fault of deferinit, not of the spec: please report it with the spec")  # fmt: skip
        return [Outcome(spec, "spec", None, [problem])]
