# SPDX-License-Identifier: MIT
# 클라이언트마다 스레드 하나.
import socket
import sys
import threading

HOST = '127.0.0.1'
PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 12345


def handle_client(client_socket, addr):
    while True:
        data = client_socket.recv(1024)
        if not data:
            break
        response = f'서버로부터 응답: {data.decode()}'
        client_socket.send(response.encode())
    client_socket.close()


server_socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server_socket.bind((HOST, PORT))
server_socket.listen(128)
print('서버가 시작되었습니다.')

while True:
    client_socket, addr = server_socket.accept()
    client_thread = threading.Thread(target=handle_client, args=(client_socket, addr), daemon=True)
    client_thread.start()
