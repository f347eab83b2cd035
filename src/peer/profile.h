/* SPDX-License-Identifier: MIT */
/* The kinds of peer, for detection. The table itself is public: og_profile_at(). */
#ifndef ONGGI_PEER_PROFILE_H
#define ONGGI_PEER_PROFILE_H

#include <onggi/peer.h>

/* The kind of peer that these first bytes give away; NULL for none. */
const og_profile *og__peer_profile_of(const uint8_t *data, size_t len);

#endif
