/* SPDX-License-Identifier: MIT */
/* Detection: any first bytes, in every state of silence and end, with and without wishes; and once decided,
 * the same with more after it or a limit beside it. */
#include "peer/detect.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The short way for texts and the long one decide alike. */
static void look_both_ways(const og__look *look, int status, const og__detected *found)
{
    og__detected full;
    og_error err = {0};
    if (og__peer_detect_in_full(look, &full, &err) != status) abort();
    if (status <= 0) return;
    if (full.codec != found->codec || full.note != found->note) abort();
    if (full.framing.ops != found->framing.ops || full.framing.width != found->framing.width) abort();
}

static void look_at(const uint8_t *bytes, size_t len, unsigned how)
{
    og__detected found;
    og_error err = {0};
    const og__look look = {
        .data = bytes,
        .len = len,
        .silent = (how & 1) != 0,
        .ended = (how & 2) != 0,
        .datagram = (how & 4) != 0,
        .bare = (how & 8) != 0,
        .codec = (how & 16) ? og_codec_at((how >> 5) & 3) : NULL,
        .max_message = (how & 128) ? 64 : (size_t)64 << 20,
    };
    int status = og__peer_detect(&look, &found, &err);
    look_both_ways(&look, status, &found);
    if (status > 0 && !found.framing.ops) abort();
    if (status > 0 && look.codec && found.codec && found.codec != look.codec) abort();
    if (status < 0 && err.text[0] == '\0') abort();
    if (status == 0 && (look.ended || look.datagram)) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) return 0;
    unsigned how = data[0];
    size_t len = size - 1;
    size_t cuts[] = {1, len / 2, len};
    for (size_t i = 0; i < 3; i++) {
        if (cuts[i] == 0) continue;
        uint8_t *exact = malloc(cuts[i]); /* so that a byte read after it is seen */
        if (!exact) return 0;
        memcpy(exact, data + 1, cuts[i]);
        look_at(exact, cuts[i], how);
        free(exact);
    }
    return 0;
}
