/* SPDX-License-Identifier: MIT */
/* What detection has seen, in words for the log. */
#include "peer/detect.h"

#include "peer/profile.h"

#include <stdio.h>

enum { SHOWN = 6 /* bytes */ };

void og__peer_detect_describe(const uint8_t *data, size_t len, const og__detected *found, char *text)
{
    const og_codec *codec = found->codec;
    if (codec && !codec->begins) {
        snprintf(text, OG__SEEN_SIZE, "%s are taken as they come", codec->noun);
        return;
    }
    char bytes[3 * SHOWN + 1] = "";
    for (size_t i = 0; i < len && i < SHOWN; i++)
        snprintf(bytes + 3 * i, 4, "%02x ", data[i]);
    const char *before = found->framing.ops->before;
    const og_profile *peer = og__peer_profile_of(data, len);
    char note[32] = "";
    if (codec && codec->note && found->note != OG_CODEC_NO_NOTE)
        snprintf(note, sizeof note, " (%s %d)", codec->note, found->note);
    int size = snprintf(text, OG__SEEN_SIZE, before ? "%s… %s, then %s%s" : "%s…%s begins at once: %s%s",
                        bytes, before ? before : "", codec ? codec->name : "a header", note);
    if (peer && size > 0 && size < OG__SEEN_SIZE)
        snprintf(text + size, OG__SEEN_SIZE - (size_t)size, ", as %s does", peer->name);
}
