"""Private hubs as SageMaker keeps them: what is imported is described, by version."""

import re
from functools import cache
from typing import Any

Key = tuple[str, str, str, str]


class RefusedError(Exception):
    """An answer of the service that is an error; ``code`` is the one that boto3 shows."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Hubs:
    """The hubs of one account; an import is seen as under way once before it is available."""

    def __init__(self) -> None:
        self.hubs: dict[str, dict[str, Any]] = {}
        self.contents: dict[Key, dict[str, Any]] = {}

    def answer(self, operation: str, given: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request that is about hubs, its values held against the API's model."""
        check(operation, given)
        # An ARN names the hub at its end.
        given = {**given, "HubName": given["HubName"].rpartition("/")[2]}
        if operation != "CreateHub" and given["HubName"] not in self.hubs:
            raise RefusedError("ResourceNotFound", f"Hub {given['HubName']} does not exist.")
        answers = {
            "CreateHub": self._create,
            "DescribeHub": self._describe,
            "ImportHubContent": self._import,
            "DescribeHubContent": self._describe_content,
            "DeleteHubContent": self._delete_content,
            "ListHubContentVersions": self._versions,
        }
        return answers[operation](given)

    def _create(self, given: dict[str, Any]) -> dict[str, Any]:
        if given["HubName"] in self.hubs:
            raise RefusedError("ResourceInUse", "The hub exists.")
        self.hubs[given["HubName"]] = given
        return {"HubArn": arn(given["HubName"])}

    def _describe(self, given: dict[str, Any]) -> dict[str, Any]:
        hub = self.hubs[given["HubName"]]
        times = {"CreationTime": 0, "LastModifiedTime": 0}
        return {**hub, "HubArn": arn(given["HubName"]), "HubStatus": "InService", **times}

    def _import(self, given: dict[str, Any]) -> dict[str, Any]:
        key = self._key(given, given["HubContentVersion"])
        if key in self.contents:
            raise RefusedError("ResourceInUse", "The version exists.")
        self.contents[key] = {
            **given,
            "HubArn": arn(given["HubName"]),
            "HubContentArn": arn(given["HubName"], *key[1:]),
            "HubContentStatus": "Importing",
            "CreationTime": 0,
        }
        return {name: self.contents[key][name] for name in ("HubArn", "HubContentArn")}

    def _describe_content(self, given: dict[str, Any]) -> dict[str, Any]:
        versions = self._of_name(given)
        wanted = given.get("HubContentVersion")
        if not versions or (wanted and wanted not in versions):
            raise RefusedError("ResourceNotFound", "There is no such content.")
        content = self.contents[self._key(given, wanted or max(versions))]
        answer = dict(content)
        content["HubContentStatus"] = "Available"
        return answer

    def _delete_content(self, given: dict[str, Any]) -> dict[str, Any]:
        del self.contents[self._key(given, given["HubContentVersion"])]
        return {}

    def _versions(self, given: dict[str, Any]) -> dict[str, Any]:
        names = ("Name", "Arn", "Version", "Type", "Status", "SearchKeywords")
        summaries = [
            {f"HubContent{name}": self.contents[self._key(given, version)][f"HubContent{name}"]
             for name in names}
            | {"DocumentSchemaVersion": "2.3.0", "CreationTime": 0}
            for version in self._of_name(given)
        ]  # fmt: skip
        return {"HubContentSummaries": summaries}

    def _of_name(self, given: dict[str, Any]) -> list[str]:
        beginning = self._key(given, "")[:3]
        return sorted(key[3] for key in self.contents if key[:3] == beginning)

    def _key(self, given: dict[str, Any], version: str) -> Key:
        return given["HubName"], given["HubContentType"], given["HubContentName"], version


def arn(hub: str, *content: str) -> str:
    """The ARN of a hub, or of a content of it."""
    kind = "hub-content" if content else "hub"
    return f"arn:aws:sagemaker:us-west-2:123456789012:{'/'.join((f'{kind}', hub, *content))}"


def check(operation: str, given: dict[str, Any]) -> None:
    """Hold texts against the patterns and lengths of the API's model, which boto3 does not."""
    shapes = _model()["shapes"]
    members = shapes[f"{operation}Request"]["members"]
    for name, value in given.items():
        shape = shapes[members[name]["shape"]]
        if isinstance(value, str):
            text = re.fullmatch(shape.get("pattern", r"(?s).*"), value, re.ASCII)
            assert text, (operation, name, value[:200])
            assert len(value) <= shape.get("max", len(value)), (operation, name, len(value))


@cache
def _model() -> dict[str, Any]:
    import botocore.loaders

    loaded: dict[str, Any] = botocore.loaders.Loader().load_service_model("sagemaker", "service-2")
    return loaded
