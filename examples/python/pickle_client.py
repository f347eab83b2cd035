# SPDX-License-Identifier: MIT
# Pickle client: receives a pickle and prints it.
import pickle
import socket
import sys

HOST = '127.0.0.1'
PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 1234

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.connect((HOST, PORT))

data = s.recv(1024)
d = pickle.loads(data)
print('Received:', d)
print('Name:', d['name'])

s.close()
