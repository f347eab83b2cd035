# SPDX-License-Identifier: MIT
# Logs to a socket, as any program does that uses Python's logging.
import logging
import logging.handlers
import sys

logger = logging.getLogger('shop.orders')
logger.addHandler(logging.handlers.SocketHandler('127.0.0.1', int(sys.argv[1])))
logger.warning('주문 %d: 재고 부족', 17)
