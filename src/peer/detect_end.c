/* SPDX-License-Identifier: MIT */
/* The framing of a bare text: what its last bytes are may end each message. */
#include "peer/detect_end.h"

#include <string.h>

og_framing og__peer_detect_end(const og__look *look, og_framing found, const og_codec *codec)
{
    enum { LONGEST_END = 2 };
    og_framing ended = found;
    if (found.ops->before || !codec || !codec->lines) return found;
    if (!codec->opaque && !look->datagram) return found;
    const uint8_t *last = look->data + look->len - 1;
    if (*last >= ' ') return found; /* every end in the table is a control character */
    size_t size = 0;
    for (size_t tail = look->len < LONGEST_END ? look->len : LONGEST_END; tail > 0 && size != tail; tail--)
        if (og_framing_after(&ended, look->data + look->len - tail, tail, &size) <= 0 || size != tail)
            size = 0;
    if (size == 0) return found;
    bool several = !codec->opaque && memchr(look->data, *last, look->len - 1);
    return several ? found : ended;
}
