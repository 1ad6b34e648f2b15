"""The words that functions take."""

from ic_tf_sdk.enums import SCOPES, JumpStartScriptScope


def test_scopes_are_the_values_of_the_mirrored_enumeration():
    assert sorted(SCOPES) == sorted(scope.value for scope in JumpStartScriptScope)
    assert SCOPES == ("training", "inference")
