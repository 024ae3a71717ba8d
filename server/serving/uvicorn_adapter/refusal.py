"""The answer to a request that never reaches the application."""

from http import HTTPStatus


def refusal(status: HTTPStatus, sentence: str) -> bytes:
    """Return a whole HTTP/1.1 response, after which the connection is closed."""
    body = sentence.encode()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: text/plain; charset=utf-8\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + body
