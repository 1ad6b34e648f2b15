"""What an Accept header asks for.

Copied into every model archive with ``container_handler``, see ``handler_file``: it imports the
standard library alone.
"""

import re

from ic_tf_sdk.contract.container_answer import (
    ANSWER_TYPES,
    CSV,
    JSON,
    Form,
    RequestError,
)

ACCEPT_TYPES = (
    *ANSWER_TYPES,
    f"{JSON};verbose",
    f"{JSON};n_predictions=K",
    f"{JSON};calibrated=true",
    f"{JSON};unknown=true",
)

# Media range of an Accept header -> what is answered. An exact name is meant more than a pattern,
# and JSON more than what a client names beside it; of equal qualities the first here counts.
_ANSWERS = {name: name for name in ANSWER_TYPES} | {
    "application/*": JSON,
    "*/*": JSON,
    "text/*": CSV,
}


def read_accept(accept: str | None) -> Form:
    """What the Accept header asks for.

    Args:
        accept: One or more media ranges; absent or ``*/*`` means ``application/json``. The
            parameters ``verbose``, ``n_predictions``, ``calibrated`` and ``unknown`` may follow
            each.

    Raises:
        RequestError: 406, where no accepted type can be given.
    """
    ranges = [_media_range(part) for part in ((accept or "").strip() or "*/*").split(",")]
    known = [choice for choice in ranges if choice[0] in _ANSWERS and choice[2] > 0]
    order = list(_ANSWERS)
    for name, parameters, _ in sorted(known, key=lambda c: (-c[2], order.index(c[0]))):
        return Form(
            verbose="verbose" in parameters,
            n_predictions=_n_predictions(parameters),
            media_type=_ANSWERS[name],
            calibrated=_flag(parameters, "calibrated"),
            unknown=_flag(parameters, "unknown"),
        )
    raise RequestError(
        "406 Not Acceptable",
        f"Accept {accept!r} cannot be given; ask for {', '.join(ACCEPT_TYPES)}.",
    )


def _media_range(text: str) -> tuple[str, dict[str, str], float]:
    """Name, parameters and quality of one choice of an Accept header."""
    name, *rest = [part.strip().lower() for part in text.split(";")]
    parameters = {key.strip(): value.strip() for key, _, value in (p.partition("=") for p in rest)}
    try:
        quality = float(parameters.get("q", "1"))
    except ValueError:
        quality = 0.0
    return name, parameters, quality


def _flag(parameters: dict[str, str], name: str) -> bool:
    """A parameter that is true or false; named without a value it is true, as ``verbose`` is."""
    text = parameters.get(name, "false") or "true"
    if text not in ("true", "false"):
        raise RequestError("406 Not Acceptable", f"{name} is true or false, not {text!r}.")
    return text == "true"


def _n_predictions(parameters: dict[str, str]) -> int | None:
    text = parameters.get("n_predictions")
    if text is None:
        return None
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text):
        raise RequestError(
            "406 Not Acceptable", f"n_predictions is a whole number from 1, not {text!r}."
        )
    return int(text)
