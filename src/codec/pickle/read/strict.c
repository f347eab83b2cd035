/* SPDX-License-Identifier: MIT */
/*
 * Where Python's readers of pickles take the same bytes for different things: the C reader, the one in Python
 * and pickletools. A strict policy refuses these cases.
 */
#include "codec/pickle/names.h"
#include "codec/pickle/read/reader.h"

#include <string.h>

enum { FAR = 1 << 20 };

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* The rest of the line, or false when there is no end of it. */
static bool line_of(const og__reader *r, size_t *len)
{
    const uint8_t *feed = r->at < r->end ? memchr(r->at, '\n', (size_t)(r->end - r->at)) : NULL;
    if (!feed) return false;
    *len = (size_t)(feed - r->at);
    return true;
}

/* [-] digits, without a zero before others. */
static bool is_decimal(const uint8_t *s, size_t len)
{
    if (len > 0 && s[0] == '-') {
        s++;
        len--;
    }
    if (len == 0 || (s[0] == '0' && len > 1)) return false;
    for (size_t i = 0; i < len; i++) {
        if (!is_digit(s[i])) return false;
    }
    return true;
}

static const char *why_int(const og__reader *r, bool is_long)
{
    size_t len;
    if (!line_of(r, &len)) return NULL;
    if (!is_long && len == 2 && r->at[0] == '-' && r->at[1] == '0')
        return "its int is not written as all write 0";
    if (!is_long && len == 2 && r->at[0] == '0' && (r->at[1] == '0' || r->at[1] == '1')) return NULL;
    if (is_long && len > 0 && r->at[len - 1] == 'L') len--;
    return is_decimal(r->at, len) ? NULL : "its int is not written in plain decimal digits";
}

static const char *why_float(const og__reader *r)
{
    size_t len;
    if (!line_of(r, &len)) return NULL;
    for (size_t i = 0; i < len; i++) {
        if (!r->at[i] || !strchr("0123456789+-.eEinfatyINFATY", r->at[i]))
            return "its float holds characters that not all readers take";
    }
    return NULL;
}

/* With nothing above the mark the C reader does not look at what is below it; the one in Python does. */
static const char *why_nothing(const og__reader *r, og_kind takes)
{
    if (r->fence < 2 || og__pickle_stack_above(r) > 0) return NULL;
    og_kind kind = og_kind_of(r->doc->stack[r->fence - 2]);
    return kind == takes || kind == OG_INVALID ? NULL : "it puts nothing into what takes no items";
}

/* The C reader has an array of all numbers, which it may have no memory for. Picklers count. */
static bool is_far(const og__reader *r, size_t index)
{
    return index >= FAR && index > (size_t)(r->end - r->start);
}

/* A pickler stores each memo entry once. */
static const char *why_put(const og__reader *r)
{
    static const char in_use[] = "the memo entry is in use already";
    size_t left = (size_t)(r->end - r->at);
    size_t index = 0;
    size_t len;
    switch (*r->op) {
    case OG__OP_BINPUT:
        if (left < 1) return NULL;
        index = *r->at;
        break;
    case OG__OP_LONG_BINPUT:
        if (left < 4) return NULL;
        index = (size_t)og__pickle_le(r->at, 4);
        break;
    case OG__OP_MEMOIZE: index = r->memo.count; break;
    default:
        if (!line_of(r, &len)) return NULL;
        if (!is_decimal(r->at, len) || len > 18 || *r->at == '-')
            return "its number is not written in plain digits";
        for (size_t i = 0; i < len; i++)
            index = index * 10 + (size_t)(r->at[i] - '0');
    }
    if (is_far(r, index)) return "it leaves out most numbers of the memo";
    return og_valid(og__pickle_memo_get(&r->memo, index)) ? in_use : NULL;
}

/* The reader in Python wants opcodes to be whole within their frame, and frames to follow one another. */
static const char *why_frame(og__reader *r)
{
    size_t position = (size_t)(r->op - r->start);
    if (position >= r->frame_end) r->frame_end = 0;
    bool new_frame = *r->op == OG__OP_FRAME;
    if (r->frame_end == 0 && !new_frame) return NULL;
    const uint8_t *after = og__pickle_opcode_end(r->op, r->end);
    size_t end = after ? (size_t)(after - r->start) : 0;
    if (r->frame_end > 0 && end > r->frame_end) return "it goes beyond the end of its frame";
    if (!new_frame || end == 0) return NULL;
    if (r->frame_end > end) return "a frame begins within another one";
    uint64_t len = og__pickle_le(r->at, 8);
    if (len <= (size_t)(r->end - r->start) - end) r->frame_end = end + (size_t)len;
    return NULL;
}

/* pickletools takes lines for ASCII with escapes; the backslashes of names are seen to elsewhere. */
static const char *why_lines(const og__reader *r, const char *why)
{
    const uint8_t *end = og__pickle_opcode_end(r->op, r->end);
    if (!end) return NULL;
    for (const uint8_t *at = r->at; at < end; at++) {
        if (*r->op == OG__OP_PERSID ? *at == '\\' : *at > 0x7f) return why;
    }
    return NULL;
}

/* The reader in Python goes on to the next pickle after the frame, the C reader after STOP. */
static const char *why_stop(const og__reader *r)
{
    if (r->frame_end > (size_t)(r->at - r->start)) return "its frame goes on after it";
    return og__pickle_stack_len(r) > 1 ? "more than the result is left on the stack" : NULL;
}

void og__pickle_run_on_in_frame(og__reader *r)
{
    const uint8_t *end = r->end;
    if ((size_t)(r->at - r->start) >= r->frame_end) r->frame_end = 0;
    if (r->frame_end > 0) r->end = r->start + r->frame_end;
    og__pickle_reader_run_on(r);
    r->end = end;
}

const char *og__pickle_strict_why(og__reader *r)
{
    const char *why = why_frame(r);
    if (why) return why;
    switch (*r->op) {
    case OG__OP_INT:
    case OG__OP_GET: return why_int(r, false);
    case OG__OP_LONG: return why_int(r, true);
    case OG__OP_FLOAT: return why_float(r);
    case OG__OP_APPENDS: return why_nothing(r, OG_LIST);
    case OG__OP_SETITEMS: return why_nothing(r, OG_DICT);
    case OG__OP_ADDITEMS: return why_nothing(r, OG_SET);
    case OG__OP_PUT:
    case OG__OP_BINPUT:
    case OG__OP_LONG_BINPUT:
    case OG__OP_MEMOIZE: return why_put(r);
    case OG__OP_PROTO: return r->op == r->start ? NULL : "the protocol is named once more, not at the start";
    case OG__OP_STOP: return why_stop(r);
    case OG__OP_BUILD: return og__pickle_state_why(r);
    case OG__OP_GLOBAL:
    case OG__OP_INST: return why_lines(r, "its names are not ASCII");
    case OG__OP_PERSID: return why_lines(r, "its id holds a backslash");
    case OG__OP_BINSTRING:
        return r->end - r->at >= 4 && r->at[3] > 0x7f ? "its length is negative for some readers" : NULL;
    default: return NULL;
    }
}

bool og__pickle_strict_name(const char *text, size_t len)
{
    if (len == 0 || len > OG__NAME_MAX || text[0] == '.' || text[len - 1] == '.') return false;
    for (size_t i = 0; i < len; i++) {
        uint8_t c = (uint8_t)text[i];
        if (c <= ' ' || c == 0x7f || c == '\\' || (c == '.' && text[i + 1] == '.')) return false;
        if (c == 0xed && i + 1 < len && (uint8_t)text[i + 1] >= 0xa0) return false; /* a lone surrogate */
    }
    return true;
}

/* What a GLOBAL, INST, … has just named, where all readers must take the names for the same. */
static bool is_safe_name(og_value v)
{
    size_t len = 0;
    const char *text = og_data(v, &len);
    return og__pickle_strict_name(text, len);
}

static bool has_safe_names(const og__reader *r)
{
    uint8_t op = *r->op;
    if (op != OG__OP_INST && op != OG__OP_GLOBAL && op != OG__OP_STACK_GLOBAL) return true;
    og_value v = op == OG__OP_INST ? og_object_class(r->top[-1]) : r->top[-1];
    return is_safe_name(og_class_module(v)) && is_safe_name(og_class_qualname(v));
}

/* Runs to STOP, and refuses what readers take for different things. */
int og__pickle_reader_run_strict(og__reader *r)
{
    r->wary = OG__WARY_FRAMES;
    while (og__pickle_run_on_in_frame(r), r->at < r->end) {
        r->op = r->at++;
        if (og__pickle_is_plain_stop(r)) return OG_OK;
        const char *why = og__pickle_opcodes[*r->op].name ? og__pickle_strict_why(r) : NULL;
        if (why)
            return og__pickle_reader_fail(r, OG_EPOLICY,
                                          "%s, which Python's readers take for different things", why);
        int status = og__pickle_reader_step(r);
        if (status != 0) return status < 0 ? status : OG_OK;
        if (!has_safe_names(r))
            return og__pickle_reader_fail(r, OG_EPOLICY,
                                          "a name that Python's readers take for different ones");
    }
    return og__pickle_reader_no_stop(r);
}
