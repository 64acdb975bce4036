"""A website of four processes, each of which serves one connection at a time, as mpm_prefork of Apache does."""
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

PROCESSES = 4
WORK_SECONDS = 0.005


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # How long a process waits for the next request of a kept connection.
    timeout = 5
    # One packet for each response: the second one would wait for the acknowledgement of the first.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        time.sleep(WORK_SECONDS)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    do_POST = do_GET

    def log_message(self, *_):
        pass


class Server(HTTPServer):
    request_queue_size = 1024
    parent = os.getpid()

    # A connection that the other side closes or resets is no error of a website.
    def handle_error(self, *_):
        pass

    # The processes end with the first one.
    def service_actions(self):
        if os.getpid() != self.parent and os.getppid() != self.parent:
            os._exit(0)


server = Server(("127.0.0.1", int(sys.argv[1])), Handler)
# All processes wake up for a connection that only one of them can accept: the others must not wait in accept.
server.socket.setblocking(False)
for _ in range(PROCESSES - 1):
    if os.fork() == 0:
        break
else:
    print("open", flush=True)
server.serve_forever()
