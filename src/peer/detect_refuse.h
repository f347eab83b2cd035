/* SPDX-License-Identifier: MIT */
/* The sentences with which detection refuses. Each fills `err` and returns its code. */
#ifndef ONGGI_PEER_DETECT_REFUSE_H
#define ONGGI_PEER_DETECT_REFUSE_H

#include "codec/signature.h"
#include "peer/detect.h"

int og__peer_refuse_ambiguous(const og__look *look, og_framing one, og_framing other, og_error *err);
int og__peer_refuse_over(const og__look *look, og_framing framing, uint64_t length, og_error *err);
int og__peer_refuse_truncated(const og__look *look, og_error *err);

/* `asked`: the codec that was asked for, or NULL. */
int og__peer_refuse_signature(const og_signature *seen, const og_codec *asked, og_error *err);

/* What was refused with `err` at the start of a message in `codec` (NULL: any) is named if it is known; these
 * bytes come first on their connection where `first`. The code of `err`, which may be another one then. */
int og__peer_refuse_named(const og_codec *codec, const og_codec *asked, const uint8_t *data, size_t len,
                          bool first, og_error *err);
int og__peer_refuse_unknown(const og__look *look, og_error *err);

#endif
