# SPDX-License-Identifier: MIT
# Two clients of one server: the first speaks JSON, the second pickle.
import json
import pickle
import socket
import sys

HOST = '127.0.0.1'
PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 8080

with socket.create_connection((HOST, PORT)) as s:
    s.sendall(json.dumps({'name': 'John'}).encode())
    print('JSON:', json.loads(s.recv(1024))['you'])

with socket.create_connection((HOST, PORT)) as s:
    s.sendall(pickle.dumps(('John', 30)))
    print('pickle:', pickle.loads(s.recv(1024))['you'])
