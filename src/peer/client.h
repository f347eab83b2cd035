/* SPDX-License-Identifier: MIT */
/* Blocking connections: made by og_connect() and, for whoever was accepted, by og_accept(). */
#ifndef ONGGI_PEER_CLIENT_H
#define ONGGI_PEER_CLIENT_H

#include "peer/handle.h"

/*
 * A blocking connection over a connected socket, which it takes over (it is closed on failure as well). NULL
 * with `err` filled without memory.
 */
og_conn *og__peer_client_new(const og__setup *setup, og__socket *socket, uint64_t id, og_error *err);

/*
 * A connection for one datagram that has come in over `shared`, which stays its listener's: reads `len`
 * bytes, copied, then ends; answers `from`.
 */
og_conn *og__peer_client_new_datagram(const og__setup *setup, og__socket *shared, const og__address *from,
                                      const uint8_t *data, size_t len, uint64_t id, og_error *err);

#endif
