/* SPDX-License-Identifier: MIT */
/* A peer that goes on in another way than it began in: a greeting of its own, and then the messages. */
#include "peer/changed.h"

#include "codec/signature.h"
#include "frame/frame.h"
#include "peer/detect.h"

#include <stdio.h>
#include <string.h>

/* True when a message of `codec` begins here, and could be nothing else. */
static bool begins_message(const og_codec *codec, const uint8_t *data, size_t len)
{
    const og_opening opening = {data, len, len, false, false};
    int note;
    return codec->claims && codec->claims(data, len, &note) && codec->begins(&opening, &note) > 0;
}

/* A bracket too many, and a comment, end no message. */
static bool is_slip(const uint8_t *data, size_t len)
{
    if (len > 0 && strchr("]})", data[0]) && data[0]) return true;
    if (len > 1 && data[0] == '#' && data[1] == ' ') return true;
    return len > 1 && data[0] == '/' && (data[1] == '/' || data[1] == '*');
}

/* What stands between bare messages: the bytes up to the next one, or all that are here. 0 when there are too
 * many, or what may be a message itself. */
static size_t text_between(const og_codec *codec, const uint8_t *data, size_t len)
{
    enum { LONGEST = 24 };
    size_t at = 0;
    while (at < len && at <= LONGEST && !begins_message(codec, data + at, len - at))
        at++;
    while (at > 0 && data[at - 1] < 64 && (codec->blanks >> data[at - 1] & 1))
        at--;
    bool letter = at == 1 && ((data[0] | 0x20) >= 'a' && (data[0] | 0x20) <= 'z');
    return at > LONGEST || letter || is_slip(data, len) ? 0 : at;
}

/* Messages that each end with a text of their own: the advice goes behind what `err` says. A single byte ends
 * no message that is no text. */
static int advise_ending(const og_codec *codec, const uint8_t *data, size_t len, og_error *err)
{
    char name[OG_FRAMING_NAME_MAX];
    og_framing framing;
    const og_error why = *err;
    size_t count = text_between(codec, data, len);
    if ((count < 2 && !codec->lines) || og__frame_delim(&framing, data, count) < 0) return err->code;
    og_framing_name(framing, name, sizeof name);
    return og_error_set(err, why.code, 0, "%.90s; if each message ends so, say framing=%s (--framing '%s')",
                        why.text, name, name);
}

int og__peer_refuse_changed(const og__setup *setup, const og_codec *codec, const uint8_t *data, size_t len,
                            bool bare, og_error *err)
{
    const og__look look = {.data = data, .len = len, .max_message = setup->max_message};
    og__detected found;
    char name[OG_FRAMING_NAME_MAX];
    if (err->position != 0 || (err->code != OG_ESYNTAX && err->code != OG_ETRUNCATED)) return err->code;
    if (!codec || codec->asked) return err->code;
    bool known = og__peer_detect(&look, &found, NULL) > 0 && found.codec;
    const char *before = known ? found.framing.ops->before : NULL;
    if (!known || (found.codec == codec && !before))
        return bare ? advise_ending(codec, data, len, err) : err->code;
    const char *option = before ? "framing" : "codec";
    const char *value = before ? og_framing_name(found.framing, name, sizeof name) : found.codec->name;
    if (!setup->enforced)
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

/* ---- Another framing than the one that was said ---- */

/* Whether the message may be what its header says: something that is read begins there, or nothing came yet.
 */
static bool may_be_so(og_framing said, bool cut, const uint8_t *data, size_t len)
{
    const og_codec *codec;
    int note;
    og_frame_head head = {.shown = &said};
    if (!said.ops->head || said.ops->head(&said, data, len, &head, NULL) <= 0) return false;
    if (head.size >= len) return cut;
    const og_opening opening = {data + head.size, len - head.size, SIZE_MAX, false, false};
    for (size_t i = 0; (codec = og_codec_at(i)); i++) {
        if (codec->asked) continue;
        if (cut && codec->begins && codec->begins(&opening, &note) >= 0) return true;
        if (!cut && begins_message(codec, opening.data, opening.len)) return true;
    }
    return false;
}

/* Puts what the bytes look like after what `why` found. Without the advice where there is no room for both.
 */
static int add_likeness(const og_error *why, const char *what, const char *advice, og_error *err)
{
    size_t found = 0;
    while (why->text[found] &&
           !((why->text[found] == ':' || why->text[found] == ';') && why->text[found + 1] == ' '))
        found++;
    size_t len = found + strlen(what) + strlen(advice) + sizeof "; the bytes begin as : ";
    bool fits = len <= sizeof why->text;
    return og_error_set(err, why->code, why->position, "%.*s; the bytes begin as %s%s%s", (int)found,
                        why->text, what, fits ? ": " : "", fits ? advice : "");
}

/* Another framing that explains the bytes. `cut`: they end within a message; `so`: which may be what its
 * header says. */
static bool find_other(og_framing said, const og__look *look, bool cut, bool so, og__detected *found)
{
    int note;
    if (og__peer_detect(look, found, NULL) <= 0 || found->framing.ops == said.ops) return false;
    if (!og_framing_is_raw(found->framing)) return found->framing.ops->before && !(cut && so);
    if (!found->codec) return false;
    return (!cut && !so) || (found->codec->claims && found->codec->claims(look->data, look->len, &note));
}

int og__peer_refuse_strange(og_framing said, const og_codec *asked, const uint8_t *data, size_t len,
                            og_error *err)
{
    const og__look look = {.data = data, .len = len, .ended = true, .codec = asked, .max_message = SIZE_MAX};
    og__detected found;
    char name[OG_FRAMING_NAME_MAX];
    char what[80];
    char advice[2 * OG_FRAMING_NAME_MAX + 32];
    const og_error why = *err;
    bool cut = why.code == OG_ETRUNCATED;
    if ((!cut && why.code != OG_ELIMIT) || (asked && asked->opaque)) return why.code;
    bool so = may_be_so(said, cut, data, len);
    if (find_other(said, &look, cut, so, &found)) {
        const char *before = found.framing.ops->before;
        og_framing_name(found.framing, name, sizeof name);
        snprintf(what, sizeof what, "%s%s%s", before ? before : "", before && found.codec ? ", then " : "",
                 found.codec ? found.codec->noun : "");
        snprintf(advice, sizeof advice, "say framing=%s (--framing %s)", name, name);
        return add_likeness(&why, what, advice, err);
    }
    const og_signature *seen =
        so ? NULL : og__codec_signature(data, len, cut ? OG__SIGNS_UNSURE : OG__SIGNS_FAINT);
    return seen ? add_likeness(&why, seen->what, seen->advice, err) : why.code;
}
