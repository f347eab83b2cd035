# SPDX-License-Identifier: MIT
# UDP 클라이언트: 글 하나를 보내고 답을 기다린다.
import socket
import sys

HOST = '127.0.0.1'
PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 12345

client_socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

message = '안녕하세요, UDP 서버!'
client_socket.sendto(message.encode(), (HOST, PORT))

data, addr = client_socket.recvfrom(1024)
print('서버 응답:', data.decode())

client_socket.close()
