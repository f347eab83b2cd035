/* SPDX-License-Identifier: MIT */
/* A peer that goes on in another way than it began in: a greeting of its own, and then the messages. */
#include "peer/changed.h"

#include "peer/detect.h"

int og__peer_refuse_changed(const og__setup *setup, const og_codec *codec, const uint8_t *data, size_t len,
                            og_error *err)
{
    const og__look look = {.data = data, .len = len, .max_message = setup->max_message};
    og__detected found;
    char name[OG_FRAMING_NAME_MAX];
    if (err->position != 0 || (err->code != OG_ESYNTAX && err->code != OG_ETRUNCATED)) return err->code;
    if (!codec || codec->asked || og__peer_detect(&look, &found, NULL) <= 0 || !found.codec) return err->code;
    const char *before = found.framing.ops->before;
    if (found.codec == codec && !before) return err->code;
    const char *option = before ? "framing" : "codec";
    const char *value = before ? og_framing_name(found.framing, name, sizeof name) : found.codec->name;
    if (setup->role == OG_ROLE_CLIENT)
        return og_error_set(
            err, err->code, 0,
            "expected %s as before, but found %s%s%s: if a greeting came before, say skip=1 and %s=%s "
            "(--skip 1 --%s %s)",
            codec->noun, before ? before : "", before ? ", then " : "", found.codec->noun, option, value,
            option, value);
    return og_error_set(
        err, err->code, 0,
        "expected %s as before, but found %s%s%s: let the peer send all messages in one way, its "
        "greeting too",
        codec->noun, before ? before : "", before ? ", then " : "", found.codec->noun);
}
