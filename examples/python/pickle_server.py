# SPDX-License-Identifier: MIT
# Pickle server: greets the client with a pickled dict and closes.
import pickle
import socket
import sys

HOST = '127.0.0.1'
PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 1234

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.bind((HOST, PORT))
s.listen(5)

while True:
    clientsocket, address = s.accept()
    print(f'Connection from {address} has been established.')
    d = {'name': 'John', 'age': 30}
    msg = pickle.dumps(d)
    clientsocket.send(msg)
    clientsocket.close()
