# SPDX-License-Identifier: MIT
# Adds numbers. Messages are pickles, each after its length in four bytes; it unpickles whatever arrives.
import pickle
import socketserver
import struct
import sys

HOST = '127.0.0.1'
PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 5556


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        while head := self.rfile.read(4):
            numbers = pickle.loads(self.rfile.read(struct.unpack('!I', head)[0]))
            answer = pickle.dumps({'sum': sum(numbers)})
            self.wfile.write(struct.pack('!I', len(answer)) + answer)


socketserver.ThreadingTCPServer.allow_reuse_address = True
with socketserver.ThreadingTCPServer((HOST, PORT), Handler) as server:
    server.serve_forever()
