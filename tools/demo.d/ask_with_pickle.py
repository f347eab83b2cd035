# SPDX-License-Identifier: MIT
# Sends a pickle over a bare socket and unpickles the answer.
import pickle
import socket
import sys

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.connect(('127.0.0.1', int(sys.argv[1])))
s.sendall(pickle.dumps({'sensor': '온도', 'celsius': 21.5, 'at': (37.57, 126.98)}))
print('Answer:', pickle.loads(s.recv(1024)))
s.close()
