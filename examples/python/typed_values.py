# SPDX-License-Identifier: MIT
# A server that receives one measurement as a pickle and works with its dates, decimals and arrays.
import pickle
import socket
import sys

HOST = '127.0.0.1'
PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 1234

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.bind((HOST, PORT))
s.listen(1)

conn, addr = s.accept()
data = b''
while True:
    chunk = conn.recv(4096)
    if not chunk:
        break
    data += chunk
m = pickle.loads(data)
print('Measurement', m['id'], 'from', m['start'].isoformat(), 'to', (m['start'] + m['length']).isoformat())
print('Price:', m['price'] * 2, 'File:', m['file'].name)
print('Samples:', m['samples'].shape, m['samples'].dtype, 'mean', m['samples'].mean())
conn.close()
s.close()
