/* SPDX-License-Identifier: MIT */
/* Datagrams that begin as texts do which can be nothing else. For this room only. */
#ifndef ONGGI_PEER_DETECT_TEXT_H
#define ONGGI_PEER_DETECT_TEXT_H

#include "peer/detect.h"

/* True for a datagram whose first bytes are characters that no length, mark or other protocol begins with. */
bool og__peer_detect_is_text(const og__look *look);

#endif
