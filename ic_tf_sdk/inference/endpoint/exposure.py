"""Who can reach an endpoint, as one line says it when others than this machine can."""

from ipaddress import ip_address

from ic_tf_sdk.contract.bearer_token import FILE_VARIABLE

__all__ = ["warning"]


def warning(address: str, port: int, *, asks_token: bool, collects: bool = False) -> str | None:
    """The line; None where only this machine can ask.

    Args:
        address: What the endpoint listens on.
        port: Likewise.
        asks_token: Whether a request needs a token.
        collects: Whether it keeps pictures.
    """
    listening = ip_address(address.partition("%")[0])
    if listening.is_loopback:
        return None
    place = f"port {port} of {address}"
    if listening.is_unspecified:
        place = f"port {port} of all interfaces of this machine ({address})"
    if asks_token:
        return (
            f"Warning: the endpoint listens on {place}. Requests need the token, but it and the "
            "pictures travel as plain text: put a proxy with TLS before it."
        )
    more = ", and fill the folder of --collect" if collects else ""
    return (
        f"WARNING: the endpoint listens on {place} and asks for no token: WHOEVER CAN REACH IT can "
        f"use the model and read its labels{more}. Set {FILE_VARIABLE}, or leave --host away."
    )
