"""Reads streams and plain answers in turn on one connection with Python's http.client: url of the server."""

import http.client
import sys
from urllib.parse import urlsplit

EVENTS = b"data: 0\n\ndata: 1\n\ndata: 2\n\n"

address = urlsplit(sys.argv[1]).netloc
connection = http.client.HTTPConnection(address, timeout=20)
connection.connect()
socket = connection.sock
for _ in range(3):
    connection.request("GET", "/three")
    response = connection.getresponse()
    assert response.status == 200, response.status
    assert response.getheader("transfer-encoding") == "chunked"
    body = response.read()
    assert body.startswith(EVENTS), body
    connection.request("HEAD", "/three")
    response = connection.getresponse()
    assert (response.status, response.read()) == (200, b"")
    connection.request("GET", "/plain")
    assert connection.getresponse().read() == b"plain"
    assert connection.sock is socket, "the connection was not kept"

old = http.client.HTTPConnection(address, timeout=20)
old._http_vsn, old._http_vsn_str = 10, "HTTP/1.0"
old.request("GET", "/three")
response = old.getresponse()
assert response.getheader("transfer-encoding") is None
assert response.read().startswith(EVENTS)
