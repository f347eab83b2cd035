# SPDX-License-Identifier: MIT
# UDP 서버: 오는 글마다 답한다.
import socket
import sys

HOST = '127.0.0.1'
PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 12345

server_socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server_socket.bind((HOST, PORT))
print('UDP 서버가 시작되었습니다.')

while True:
    data, addr = server_socket.recvfrom(1024)
    print('받은 메시지:', data.decode())
    response = f'서버로부터 응답: {data.decode()}'
    server_socket.sendto(response.encode(), addr)
