# SPDX-License-Identifier: MIT
# Pickle the other way: a client that sends one pickle and closes.
import pickle
import socket
import sys

HOST = '127.0.0.1'
PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 1234

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.connect((HOST, PORT))
s.sendall(pickle.dumps({'name': 'John', 'age': 30, 'langs': ['ko', 'en'], 'pos': (1.5, -2)}))
s.close()
