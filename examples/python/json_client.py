# SPDX-License-Identifier: MIT
# JSON client: send an object, print the answer.
import json
import socket
import sys

HOST = '127.0.0.1'
PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 8080

client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
client.connect((HOST, PORT))

data = {'name': 'John', 'age': 30, 'city': 'New York'}
client.send(json.dumps(data).encode('utf-8'))

response = client.recv(1024).decode('utf-8')
print('Server response:', json.loads(response))

client.close()
