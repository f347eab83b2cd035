# SPDX-License-Identifier: MIT
# 클라이언트 백 명. 그중 하나는 아무 말도 하지 않는다.
import socket
import sys
import threading

HOST = '127.0.0.1'
PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 12345
COUNT = int(sys.argv[2]) if len(sys.argv) > 2 else 100

answers = []


def talk(number):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
        s.connect((HOST, PORT))
        s.sendall(f'안녕하세요, {number}번입니다'.encode())
        answers.append(s.recv(1024).decode())


silent = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
silent.connect((HOST, PORT))

threads = [threading.Thread(target=talk, args=(number,)) for number in range(1, COUNT)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

for answer in sorted(answers):
    print(answer)
print(f'{len(answers)}명이 답을 받았습니다.')
silent.close()
