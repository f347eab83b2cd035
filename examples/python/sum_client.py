# SPDX-License-Identifier: MIT
# Asks sum_server.py for a sum.
import pickle
import socket
import struct
import sys

HOST = '127.0.0.1'
PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 5555

body = pickle.dumps([1, 2.5, 3])
with socket.create_connection((HOST, PORT)) as s, s.makefile('rb') as file:
    s.sendall(struct.pack('!I', len(body)) + body)
    size, = struct.unpack('!I', file.read(4))
    print('Answer:', pickle.loads(file.read(size)))
