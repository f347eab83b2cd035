# SPDX-License-Identifier: MIT
# Logs to a socket, as any program does that uses logging.
import logging
import logging.handlers
import sys

HOST = '127.0.0.1'
PORT = int(sys.argv[1]) if len(sys.argv) > 1 else logging.handlers.DEFAULT_TCP_LOGGING_PORT

logger = logging.getLogger('shop.orders')
logger.setLevel(logging.INFO)
logger.addHandler(logging.handlers.SocketHandler(HOST, PORT))

logger.info('order %d shipped', 7)
logger.warning('주문 %d: 재고 부족', 17)
