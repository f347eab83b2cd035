# SPDX-License-Identifier: MIT
# JSON server: accept, receive, answer, close, and again.
import json
import socket
import sys

HOST = '127.0.0.1'
PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 8080

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.bind((HOST, PORT))
server.listen(5)
print('Server is listening...')

while True:
    conn, addr = server.accept()
    data = conn.recv(1024).decode('utf-8')
    received = json.loads(data)
    print('Received:', received)
    response = {'message': 'Hello from server'}
    conn.send(json.dumps(response).encode('utf-8'))
    conn.close()
