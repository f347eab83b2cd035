# SPDX-License-Identifier: MIT
# Pickle the other way: a server that receives one pickle and prints it.
import pickle
import socket
import sys

HOST = '127.0.0.1'
PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 1234

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.bind((HOST, PORT))
s.listen(1)

conn, addr = s.accept()
data = conn.recv(4096)
print('Received:', pickle.loads(data))
conn.close()
s.close()
