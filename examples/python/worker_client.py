# SPDX-License-Identifier: MIT
# Three questions at once. The first takes longest, and is still answered first.
import json
import socket
import sys

HOST = '127.0.0.1'
PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 8080

with socket.create_connection((HOST, PORT)) as s, s.makefile() as answers:
    for wait_ms in (60, 30, 0):
        question = {'sum': [wait_ms, 0.5], 'wait_ms': wait_ms}
        s.sendall(json.dumps(question).encode() + b'\n')
    for _ in range(3):
        print('Answer:', json.loads(answers.readline()))
