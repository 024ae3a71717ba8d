"""What the interfaces say of themselves: AsyncAPI 3 for the websocket, OpenAPI 3.1 for HTTP.

Both are generated from the very types that decode and encode, so they can't say something else.
"""

from server.transport.http.documents.asyncapi import asyncapi_document
from server.transport.http.documents.openapi import openapi_document

__all__ = ["asyncapi_document", "openapi_document"]
