/* SPDX-License-Identifier: MIT */
/* The framing of a bare text by what ends it. For this room only. */
#ifndef ONGGI_PEER_DETECT_END_H
#define ONGGI_PEER_DETECT_END_H

#include "peer/detect.h"

/* The framing that was found with this codec (NULL: not known), or the one that the last byte of a bare text
 * shows. */
og_framing og__peer_detect_end(const og__look *look, og_framing found, const og_codec *codec);

#endif
