# SPDX-License-Identifier: MIT
# TCP 서버: 한 클라이언트의 글을 받아 답하고 닫는다.
import socket
import sys

HOST = '127.0.0.1'
PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 12345

server_socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server_socket.bind((HOST, PORT))
server_socket.listen()
print('서버가 시작되었습니다.')

client_socket, addr = server_socket.accept()
print('클라이언트가 연결되었습니다:', addr)

data = client_socket.recv(1024)
print('받은 메시지:', data.decode())

response = f'서버로부터 응답: {data.decode()}'
client_socket.send(response.encode())

client_socket.close()
server_socket.close()
