"""Apply, apply-status, create, delete, list: the handful of calls that the operator makes, each a few lines.

Writes are server-side apply with one field manager and force (KEP-555): sending the full intent again changes nothing, fields that
citycloud stops wanting go away, fields of others stay.
"""

import urllib.parse
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

import orjson

from citycloud.kube import errors
from citycloud.kube.resources import NAMESPACE, Resource
from citycloud.kube.session import Session

MANAGER: Final = "citycloud"
APPLY_HEADERS: Final = {"Content-Type": "application/apply-patch+yaml"}
MERGE_HEADERS: Final = {"Content-Type": "application/merge-patch+json"}
JSON_HEADERS: Final = {"Content-Type": "application/json"}
METADATA_HEADERS: Final = {"Accept": "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"}
APPLY_METADATA_HEADERS: Final = APPLY_HEADERS | METADATA_HEADERS
METADATA_LIST_HEADERS: Final = {"Accept": "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"}
APPLY_QUERY: Final = f"fieldManager={MANAGER}&force=true&fieldValidation=Ignore"
"""An apply refuses undeclared fields by itself (KEP-555); validation on top would only parse the text a second time."""
PAGE: Final = "200"

Manifest = dict[str, Any]


class Client:
    """The API as the operator uses it."""

    def __init__(self, *, session: Session) -> None:
        self.session = session

    async def apply(self, *, resource: Resource, manifest: Manifest) -> Manifest:
        """Apply one object in full and return its metadata as stored: what was sent need not come back."""
        return await self._apply(resource=resource, manifest=manifest, headers=APPLY_METADATA_HEADERS)

    async def apply_status(self, *, resource: Resource, manifest: Manifest) -> Manifest:
        """Apply the status of one object and return the object as stored."""
        return await self._apply(resource=resource, manifest=manifest, headers=APPLY_HEADERS, subresource="status")

    async def _apply(self, *, resource: Resource, manifest: Manifest, headers: dict[str, str], subresource: str = "") -> Manifest:
        metadata = manifest["metadata"]
        path = resource.path(namespace=metadata.get("namespace", ""), name=metadata["name"], subresource=subresource)
        target = f"{resource.plural}/{subresource}" if subresource else resource.plural
        body = orjson.dumps(manifest)
        answer: Manifest = await self.session.request("PATCH", path, resource=target, body=body, query=APPLY_QUERY, headers=headers)
        return answer

    async def create_namespace(self, *, manifest: Manifest) -> Manifest:
        """Create a namespace and return its metadata; raise Conflict where one of that name exists, whoever made it.

        An apply would take over a namespace that somebody else made, so this one kind is created.
        """
        answer: Manifest = await self.session.request(
            "POST",
            NAMESPACE.path(),
            resource=NAMESPACE.plural,
            body=orjson.dumps(manifest),
            query=f"fieldManager={MANAGER}",
            headers=JSON_HEADERS | METADATA_HEADERS,
        )
        return answer

    async def delete(self, *, resource: Resource, namespace: str, name: str, uid: str) -> None:
        """Delete exactly the object that was seen: its uid is a precondition."""
        body = orjson.dumps({"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid}})
        path = resource.path(namespace=namespace, name=name)
        await self.session.request("DELETE", path, resource=resource.plural, body=body, headers=JSON_HEADERS)

    async def get(self, *, resource: Resource, namespace: str = "", name: str) -> Manifest:
        """Read one object."""
        answer: Manifest = await self.session.request("GET", resource.path(namespace=namespace, name=name), resource=resource.plural)
        return answer

    async def put(self, *, resource: Resource, manifest: Manifest) -> Manifest:
        """Replace one object that was read before; raise Conflict where it has changed since."""
        metadata = manifest["metadata"]
        path = resource.path(namespace=metadata.get("namespace", ""), name=metadata["name"])
        answer: Manifest = await self.session.request(
            "PUT", path, resource=resource.plural, body=orjson.dumps(manifest), headers=JSON_HEADERS
        )
        return answer

    async def create(self, *, resource: Resource, manifest: Manifest) -> Manifest:
        """Create one object; raise Conflict where it exists."""
        path = resource.path(namespace=manifest["metadata"].get("namespace", ""))
        answer: Manifest = await self.session.request(
            "POST", path, resource=resource.plural, body=orjson.dumps(manifest), headers=JSON_HEADERS
        )
        return answer

    async def serves(self, *, resource: Resource) -> bool:
        """Tell whether the cluster serves a kind at all."""
        try:
            answer = await self.session.request("GET", f"/apis/{resource.api_version}", resource="discovery")
        except errors.NotFound:
            return False
        return any(each["name"] == resource.plural for each in answer["resources"])

    async def list_in(self, *, resource: Resource, namespace: str) -> list[Manifest]:
        """List the objects of a kind in one namespace, in full."""
        answer = await self.session.request("GET", resource.path(namespace=namespace), resource=resource.plural)
        items: list[Manifest] = answer["items"] or []
        return items

    async def merge(self, *, resource: Resource, namespace: str, name: str, patch: Manifest) -> None:
        """Change a few fields of one object (RFC 7386); raise Conflict where a resourceVersion in the patch is no longer the object's."""
        path = resource.path(namespace=namespace, name=name)
        await self.session.request("PATCH", path, resource=resource.plural, body=orjson.dumps(patch), headers=MERGE_HEADERS)

    async def list_pages(
        self, *, resource: Resource, headers: Mapping[str, str], label_selector: str = ""
    ) -> AsyncIterator[tuple[list[Manifest], str]]:
        """List all objects of a kind, page by page, each with the resource version to watch from.

        Page by page, because what a large city has would not fit the memory that the operator is given.
        """
        params = {"limit": PAGE}
        if label_selector:
            params["labelSelector"] = label_selector
        while True:
            query = urllib.parse.urlencode(params)
            page = await self.session.request("GET", resource.path(), resource=resource.plural, query=query, headers=headers)
            yield page["items"] or [], page["metadata"]["resourceVersion"]
            token = page["metadata"].get("continue")
            if not token:
                return
            params["continue"] = token
