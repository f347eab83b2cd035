/* SPDX-License-Identifier: MIT */
/* Framing header: lines as in HTTP, "Content-Length: N", an empty line, then the message. */
#include "frame/frame.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* reader->state: where the current line starts, and what is known. */
enum { LINE_START = 0xffff, IN_VALUE = 0x10000, HAVE_LENGTH = 0x20000, HEADERS_DONE = 0x40000 };

static const char name[] = "Content-Length";
enum { NAME_LEN = sizeof name - 1 };

static size_t line_start(const og_frame_reader *reader)
{
    return reader->state & LINE_START;
}

static bool is_token(uint8_t byte)
{
    if ((byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z'))
        return true;
    return byte && strchr("!#$%&'*+-.^_`|~", byte);
}

static int refuse(size_t position, uint8_t byte, const char *expected, og_error *err)
{
    char text[8];
    return og_error_set(err, OG_ESYNTAX, position, "expected %s but found %s", expected,
                        og__frame_byte(byte, text));
}

/* The number in `data` from `at` to `end`: 0, OG_ESYNTAX or OG_ELIMIT. */
static int read_number(const og_frame_reader *reader, const uint8_t *data, size_t at, size_t end,
                       uint64_t *number, og_error *err)
{
    while (at < end && (data[at] == ' ' || data[at] == '\t'))
        at++;
    while (end > at && (data[end - 1] == ' ' || data[end - 1] == '\t'))
        end--;
    if (at == end)
        return og_error_set(err, OG_ESYNTAX, at, "expected a number of bytes after Content-Length:");
    *number = 0;
    for (; at < end; at++) {
        if (data[at] < '0' || data[at] > '9')
            return refuse(at, data[at], "a digit in the number of bytes after Content-Length:", err);
        if (*number > (UINT64_MAX - 9) / 10) return og__frame_passes_limit(reader, at, err);
        *number = *number * 10 + (uint64_t)(data[at] - '0');
    }
    return OG_OK;
}

/* A whole line, [start, end) without its line break. */
static int read_line(og_frame_reader *reader, const uint8_t *data, size_t start, size_t end, og_error *err)
{
    if (end - start <= NAME_LEN || data[start + NAME_LEN] != ':' ||
        strncasecmp((const char *)data + start, name, NAME_LEN) != 0)
        return OG_OK;
    uint64_t number = 0;
    int status = read_number(reader, data, start + NAME_LEN + 1, end, &number, err);
    if (status < 0) return status;
    if ((reader->state & HAVE_LENGTH) && number != reader->number)
        return og_error_set(err, OG_ESYNTAX, start, "Content-Length is given twice: as %llu and as %llu",
                            (unsigned long long)reader->number, (unsigned long long)number);
    reader->number = number;
    reader->state |= HAVE_LENGTH;
    return OG_OK;
}

/* The line feed at reader->at: 1 when it ends the headers, 0 or an error. */
static int end_line(og_frame_reader *reader, const uint8_t *data, og_error *err)
{
    size_t at = reader->at;
    size_t start = line_start(reader);
    if (at == start || data[at - 1] != '\r')
        return og_error_set(err, OG_ESYNTAX, at,
                            "expected a carriage return before the line feed that ends a header line");
    if (at - 1 == start) {
        if (reader->state & HAVE_LENGTH) return 1;
        return og_error_set(err, OG_ESYNTAX, start, "the headers ended without a Content-Length");
    }
    if (!(reader->state & IN_VALUE)) return refuse(at - 1, '\r', "':' after the name of a header", err);
    int status = read_line(reader, data, start, at - 1, err);
    if (status < 0) return status;
    reader->state = (reader->state & HAVE_LENGTH) | (uint32_t)(at + 1);
    return 0;
}

/* The byte at reader->at: 1 when it ends the headers, 0 or an error. */
static int read_byte(og_frame_reader *reader, const uint8_t *data, og_error *err)
{
    size_t at = reader->at;
    uint8_t byte = data[at];
    if (byte == '\n') return end_line(reader, data, err);
    if (at > line_start(reader) && data[at - 1] == '\r')
        return refuse(at, byte, "a line feed after a carriage return", err);
    if ((reader->state & IN_VALUE) || byte == '\r') return 0;
    if (byte == ':' && at > line_start(reader))
        reader->state |= IN_VALUE;
    else if (!is_token(byte))
        return refuse(at, byte, "a header, e.g. Content-Length: 42,", err);
    return 0;
}

static int read_headers(og_frame_reader *reader, const uint8_t *data, size_t len, og_error *err)
{
    for (; reader->at < len; reader->at++) {
        if (reader->at == OG__FRAME_HEADER_MAX)
            return og_error_set(err, OG_ELIMIT, reader->at, "headers of a message are longer than %d bytes",
                                OG__FRAME_HEADER_MAX);
        int status = read_byte(reader, data, err);
        if (status < 0) return status;
        if (status > 0) {
            reader->at++;
            return 1;
        }
    }
    return 0;
}

static int header_next(og_frame_reader *reader, const uint8_t *data, size_t len, bool ended, og_frame *frame,
                       og_error *err)
{
    if (!(reader->state & HEADERS_DONE)) {
        int status = read_headers(reader, data, len, err);
        if (status < 0) return status;
        if (status == 0) return og__frame_header_wait(reader, len + 1, len, ended, err);
        reader->state |= HEADERS_DONE;
    }
    return og__frame_body(reader, reader->at, data, len, ended, frame, err);
}

/* The two headers that peers send, in any case: nothing else begins so. */
static int header_opens(const uint8_t *data, size_t len)
{
    static const char *const names[] = {"Content-Length:", "Content-Type:"};
    for (size_t n = 0; n < 2; n++) {
        size_t size = strlen(names[n]);
        if (strncasecmp((const char *)data, names[n], len < size ? len : size) != 0) continue;
        if (len >= size) return 1;
        if (len > 0) return 0;
    }
    return -1;
}

static int header_end(const og_framing *framing, og_buf *out, size_t mark, og_error *err)
{
    (void)framing;
    char text[48];
    int count = snprintf(text, sizeof text, "%s: %zu\r\n\r\n", name, out->len - mark);
    return og__frame_insert(out, mark, text, (size_t)count, err);
}

const og_frame_ops og__frame_header = {
    .name = "header",
    .summary = "Content-Length: N and an empty line, then the message",
    .before = name,
    .in_text = true,
    .opens = header_opens,
    .next = header_next,
    .end = header_end,
};
