/* SPDX-License-Identifier: MIT */
/* Names what a peer sends that goes on in another way than it began in, or begins in another than was said.
 */
#ifndef ONGGI_PEER_CHANGED_H
#define ONGGI_PEER_CHANGED_H

#include "peer/core.h"

/* What was refused with `err` at the start of a message that is not the first, in `codec`: says what it is
 * where another codec, or a length before it, explains the bytes, or, of bare messages, a text after each.
 * The code of `err`. */
int og__peer_refuse_changed(const og__setup *setup, const og_codec *codec, const uint8_t *data, size_t len,
                            bool bare, og_error *err);

/* What was refused with `err` as the first message in the framing `said`, because its length is absurd or its
 * end never came: adds what the bytes look like. `asked` is the codec that was asked for, or NULL. The code
 * of `err`. */
int og__peer_refuse_strange(og_framing said, const og_codec *asked, const uint8_t *data, size_t len,
                            og_error *err);

#endif
