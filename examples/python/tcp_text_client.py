# SPDX-License-Identifier: MIT
# TCP 클라이언트: 글을 보내고 답을 출력한다.
import socket
import sys

HOST = '127.0.0.1'
PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 12345

client_socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
client_socket.connect((HOST, PORT))

message = '안녕하세요, 서버!'
client_socket.send(message.encode())

data = client_socket.recv(1024)
print('서버 응답:', data.decode())

client_socket.close()
