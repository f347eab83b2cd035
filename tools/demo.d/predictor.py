# SPDX-License-Identifier: MIT
# An inference server as many are written: a length of four bytes, a pickle, and no question who sent it.
import pickle
import socketserver
import struct


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        while len(head := self.rfile.read(4)) == 4:
            request = pickle.loads(self.rfile.read(struct.unpack('!I', head)[0]))
            answer = pickle.dumps({'prediction': sum(request['features'])})
            self.wfile.write(struct.pack('!I', len(answer)) + answer)


with socketserver.ThreadingTCPServer(('127.0.0.1', 0), Handler) as server:
    print('listening on tcp://127.0.0.1:%d' % server.server_address[1])
    server.serve_forever()
