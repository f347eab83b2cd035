/* SPDX-License-Identifier: MIT */
/* Pickles in the bytes and strings of another pickle, which a program may load one after the other. */
#include "codec/pickle/embedded.h"
#include "codec/pickle/judge/watch.h"

#include "base/alloc.h"
#include "base/number.h"

#include <stdio.h>
#include <string.h>

/* True for opcodes after which bytes or a str may be new on the stack. */
static bool pushes_bytes(const og__reader *r)
{
    switch (og__pickle_opcodes[*r->op].argument) {
    case OG__ARG_LINE_QUOTED:
    case OG__ARG_LINE_UNICODE:
    case OG__ARG_STR1:
    case OG__ARG_STR4:
    case OG__ARG_UNICODE1:
    case OG__ARG_UNICODE4:
    case OG__ARG_UNICODE8:
    case OG__ARG_BYTES1:
    case OG__ARG_BYTES4:
    case OG__ARG_BYTES8:
    case OG__ARG_BYTEARRAY8: return true;
    default: return *r->op == OG__OP_REDUCE || *r->op == OG__OP_NEXT_BUFFER;
    }
}

/* The bytes of a str of code points below 256, or NULL when it has others or there is no memory. */
static const uint8_t *from_latin1(og_doc *doc, const uint8_t *s, size_t len, size_t *out_len)
{
    uint8_t *out = og__value_doc_alloc(doc, len, 1);
    size_t n = 0;
    for (size_t i = 0; out && i < len; i++) {
        if (s[i] > OG__LATIN1_LAST) return NULL;
        out[n++] = s[i] < 0x80 ? s[i] : (uint8_t)((s[i] & 3) << 6 | (s[i + 1] & 0x3f));
        if (s[i] >= 0x80) i++;
    }
    *out_len = n;
    return out;
}

static unsigned base64_digit(uint8_t c)
{
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26u;
    if (c >= '0' && c <= '9') return c - '0' + 52u;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : 64;
}

/* What base64 stands for, in either alphabet, up to its padding. As in Python, others are skipped. */
static const uint8_t *from_base64(og_doc *doc, const uint8_t *s, size_t len, size_t *out_len)
{
    uint8_t *out = og__value_doc_alloc(doc, len, 1);
    uint32_t bits = 0;
    unsigned count = 0;
    *out_len = 0;
    for (size_t i = 0; out && i < len && s[i] != '='; i++) {
        unsigned digit = base64_digit(s[i]);
        if (digit > 63) continue;
        bits = bits << 6 | digit;
        count += 6;
        if (count < 8) continue;
        count -= 8;
        out[(*out_len)++] = (uint8_t)(bits >> count);
    }
    return out;
}

/* The place for one level more, made when it is not there. */
static og__nested *place(og__watch *watch)
{
    og__nested *nested = watch->nested[watch->depth];
    if (!nested) {
        nested = og__base_alloc(watch->alloc, sizeof *nested);
        if (!nested) return NULL;
        nested->doc = og_doc_new(watch->alloc);
        if (!nested->doc) {
            og__base_free(watch->alloc, nested, sizeof *nested);
            return NULL;
        }
        watch->nested[watch->depth] = nested;
    }
    og_doc_reset(nested->doc);
    return nested;
}

/* Sets up the reading of a pickle at a level. In a file of torch readers must agree where it ends, whatever
 * the policy says: there the next one begins. */
static int begin(og__nested *nested, const uint8_t *bytes, size_t len)
{
    const og_pickle_read_options options = {
        .size = sizeof options, .encoding = OG_PICKLE_LATIN1, .strict = nested->level.torch != NULL};
    int status = og__pickle_reader_init(&nested->reader, nested->doc, bytes, len, &options, &nested->err);
    nested->err.code = OG_OK;
    nested->reader.wary = OG__WARY_FRAMES | OG__WARY_BYTES;
    nested->level.imported = false;
    nested->level.loads = false;
    return status;
}

static int start(og__watch *watch, og__nested *nested, const uint8_t *bytes, size_t len, bool sure,
                 og__torch *torch)
{
    og__level *level = &nested->level;
    level->reader = &nested->reader;
    level->sure = sure;
    level->held_count = 0;
    level->failed = false;
    level->torch = torch;
    level->denied.code = OG_OK;
    int status = begin(nested, bytes, len);
    if (status == OG_OK) watch->depth++;
    return status;
}

/* Whether bytes, or a str, must be read as a pickle. */
static bool is_worth_it(og__watch *watch, const uint8_t *bytes, size_t len, bool ascii)
{
    size_t looked = 0;
    bool found = og__pickle_may_hold(bytes, len, ascii, &looked);
    if (found) looked += len;
    if (looked <= watch->work) {
        watch->work -= looked;
        return found;
    }
    watch->exhausted = true;
    return false;
}

/* Takes the pickle out of what it is kept in. 0 or OG_ENOMEM. */
static int unwrap(og__watch *watch, og__nested *nested, const uint8_t *bytes, size_t len, bool ascii)
{
    size_t looked = 0;
    size_t other_len = 0;
    const uint8_t *other = NULL;
    if (og__pickle_may_be_base64(bytes, len)) {
        other = from_base64(nested->doc, bytes, len, &other_len);
        if (!other) return OG_ENOMEM;
    } else if (!ascii && og__pickle_may_be_latin1(bytes, len)) {
        other = from_latin1(nested->doc, bytes, len, &other_len);
    }
    if (other && og__pickle_is_likely(other, other_len, &looked))
        return start(watch, nested, other, other_len, og__pickle_says_protocol(other), NULL);
    if (og__pickle_is_likely(bytes, len, &looked))
        return start(watch, nested, bytes, len, og__pickle_says_protocol(bytes), NULL);
    size_t at = og__pickle_behind_head(bytes, len);
    return at > 0 ? start(watch, nested, bytes + at, len - at, false, NULL) : OG_OK;
}

/* ---- Files of torch ---- */

static int no_file(og__watch *watch, og__level *level, int status, const char *why)
{
    if (status != OG_EPOLICY) return status;
    og__pickle_watch_refuse_call(watch, level, why, og_object_class(level->reader->top[-1]));
    return OG_OK;
}

/* Goes into the file that a function, which was just called, loads. */
static int enter_torch(og__watch *watch, og__level *level)
{
    const og__reader *r = level->reader;
    const char *why = "is given a torch file deeper within pickles than they are checked";
    if (watch->depth == watch->policy->nested) return no_file(watch, level, OG_EPOLICY, why);
    og_value args = og_object_args(r->top[-1]);
    size_t looked = og_len(og_item(args, 0));
    if (looked > watch->work) {
        watch->exhausted = true;
        return OG_OK;
    }
    watch->work -= looked;
    if (watch->depth == 0) watch->position = (size_t)(r->op - r->start);
    og__nested *nested = place(watch);
    if (!nested) return OG_ENOMEM;
    og__block pickle;
    int status = og__pickle_torch_begin(&nested->torch, nested->doc, args, &pickle, &why);
    if (status < 0) return no_file(watch, level, status, why);
    return start(watch, nested, pickle.bytes, pickle.len, true, &nested->torch);
}

/* A pickle of a file was read to STOP: goes on with the next one, 1, or there is none. */
static int next_in_torch(og__nested *nested, const char **why)
{
    og__reader *r = &nested->reader;
    og__block pickle;
    if (og__pickle_reader_finish(r, true, true) < 0) return OG_ESYNTAX;
    int status = og__pickle_torch_next(&nested->torch, og_doc_root(nested->doc), (size_t)(r->at - r->start),
                                       &pickle, why);
    if (status <= 0) return status;
    og__pickle_reader_fini(r);
    status = begin(nested, pickle.bytes, pickle.len);
    return status < 0 ? status : 1;
}

/* What is wrong with the file is said of the call, unless it is of a name in it. */
static void leave_torch(og__watch *watch, const og__nested *nested, int status, const char *why)
{
    char text[sizeof nested->err.text + 80];
    if (status >= 0 || nested->level.denied.code != OG_OK) return;
    if (status != OG_EPOLICY) {
        snprintf(text, sizeof text, "is given a torch file whose pickle %u cannot be read: %s",
                 nested->torch.number, nested->err.text);
        why = text;
    }
    og__level *level = og__pickle_watch_level(watch);
    og__pickle_watch_refuse_call(watch, level, why, og_object_class(level->reader->top[-1]));
}

/* ---- Entering and leaving ---- */

int og__pickle_watch_enter(og__watch *watch)
{
    og__level *level = og__pickle_watch_level(watch);
    const og__reader *r = level->reader;
    if (level->loads && *r->op == OG__OP_REDUCE && og__pickle_is_torch_loaded(r->top[-1]))
        return enter_torch(watch, level);
    if (watch->policy->nested == 0 || !pushes_bytes(r)) return OG_OK;
    og_value v = r->top[-1];
    og_kind kind = og_kind_of(v);
    if (kind != OG_STR && kind != OG_BYTES && kind != OG_BYTEARRAY) return OG_OK;
    size_t len = 0;
    const uint8_t *bytes = (const uint8_t *)og_data(v, &len);
    bool ascii = kind != OG_STR || v.meta & OG__F_ASCII;
    if (!is_worth_it(watch, bytes, len, ascii)) return OG_OK;
    if (watch->depth == watch->policy->nested) {
        og__pickle_watch_refuse(watch, og__pickle_watch_level(watch),
                                "pickles are in one another's bytes more than %u deep%s",
                                watch->policy->nested,
                                watch->policy->nested < OG__NESTED_MAX
                                    ? "; og_policy_set_nested() says how deep they are checked, up to 8"
                                    : "");
        return OG_OK;
    }
    if (watch->depth == 0) watch->position = (size_t)(r->op - r->start);
    og__nested *nested = place(watch);
    return nested ? unwrap(watch, nested, bytes, len, ascii) : OG_ENOMEM;
}

/*
 * Damaged bytes are damaged for Python too; but what our limits refuse Python may go on to read, and it lets
 * items be set in what we do not: numbered items of a list, bytes of a bytearray. Its reader in Python also
 * takes frames that are cut, and memo numbers of any size.
 */
static bool is_ours(const og__level *level, int status)
{
    const og__reader *r = level->reader;
    if (status >= 0) return false;
    if (status == OG_ETRUNCATED) return *r->op == OG__OP_FRAME && r->end - r->op > 8;
    if (status == OG_ESYNTAX) return *r->op == OG__OP_PUT && r->at > r->op + OG__INT64_SIZE;
    if (status != OG_ETYPE || level->sure || level->imported) return true;
    bool one = *r->op == OG__OP_APPEND || *r->op == OG__OP_SETITEM;
    bool more = *r->op == OG__OP_APPENDS || *r->op == OG__OP_SETITEMS;
    if ((!one && !more) || !og__pickle_stack_above(r)) return false;
    /* What was to be put in is still there, above the top, perhaps with a mark. */
    og_kind into = og_kind_of(r->top[-1]);
    og_kind first = og_kind_of(r->top[more ? 1 : 0]);
    return (into == OG_LIST || into == OG_BYTEARRAY) &&
           (first == OG_INT || first == OG_BOOL || first == OG_OBJECT);
}

/* Its level is the innermost one no more. */
static void close_level(og__watch *watch, og__nested *nested)
{
    const og__level *level = &nested->level;
    if (level->sure && level->denied.code != OG_OK && watch->outer.denied.code == OG_OK)
        watch->outer.denied = level->denied;
    og__pickle_reader_fini(&nested->reader);
    watch->depth--;
}

static int leave_file(og__watch *watch, og__nested *nested, int status)
{
    const char *why = "";
    if (status > 0) status = next_in_torch(nested, &why);
    if (status > 0) return OG_OK;
    close_level(watch, nested);
    leave_torch(watch, nested, status, why);
    return status == OG_ENOMEM ? status : OG_OK;
}

int og__pickle_watch_leave(og__watch *watch, int status)
{
    og__nested *nested = watch->nested[watch->depth - 1];
    og__level *level = &nested->level;
    int done = OG_OK;
    if (level->torch) return leave_file(watch, nested, status);
    bool ours = is_ours(level, status);
    if (!level->sure && ((status > 0 && level->held_count > 0) || ours))
        done = og__pickle_watch_make_sure(watch, level);
    if (ours && level->denied.code == OG_OK)
        og_error_set(&level->denied, OG_EPOLICY, watch->position,
                     "a pickle within these bytes or this str cannot be read to its end: %s",
                     nested->err.text);
    close_level(watch, nested);
    return done;
}
