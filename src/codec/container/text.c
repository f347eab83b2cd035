/* SPDX-License-Identifier: MIT */
/* Text, and names of files: what says that bytes are no pickle, or that they should be one. */
#include "codec/container/container.h"

#include "base/utf8.h"

#include <string.h>
#include <strings.h>

/* True for bytes that no text has: control characters, but not those of lines and pages. */
static bool is_control(uint8_t c)
{
    return (c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b) || c == 0x7f;
}

static bool is_utf8(const uint8_t *bytes, size_t len)
{
    bool ascii;
    bool surrogates;
    return og__base_utf8_valid_surrogates(bytes, len, &ascii, &surrogates) == len && !surrogates;
}

/* The older codes of one byte: mostly ASCII. */
static bool is_8bit(const uint8_t *bytes, size_t len)
{
    size_t high = 0;
    for (size_t i = 0; i < len; i++)
        high += bytes[i] >= 0x80;
    return bytes[0] < 0x80 && high <= len / 4;
}

/* With its byte order mark, and with line feeds or blanks where text has them. */
static bool is_utf16(const uint8_t *bytes, size_t len)
{
    if (len < 4 || len % 2) return false;
    bool little = bytes[0] == 0xff && bytes[1] == 0xfe;
    if (!little && !(bytes[0] == 0xfe && bytes[1] == 0xff)) return false;
    for (size_t i = 2; i < len; i += 2) {
        uint8_t low = bytes[little ? i : i + 1];
        uint8_t high = bytes[little ? i + 1 : i];
        if (high == 0 && is_control(low)) return false;
    }
    return true;
}

const char *og__container_text(const uint8_t *bytes, size_t len)
{
    if (len == 0) return NULL;
    if (is_utf16(bytes, len)) return "text in UTF-16";
    for (size_t i = 0; i < len; i++) {
        if (is_control(bytes[i])) return NULL;
    }
    if (is_utf8(bytes, len)) return "text";
    return is_8bit(bytes, len) ? "text that is not UTF-8" : NULL;
}

bool og__container_is_padding(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] && bytes[i] != ' ' && !(bytes[i] >= '\t' && bytes[i] <= '\r')) return false;
    }
    return true;
}

bool og__container_expects_pickle(const char *name, size_t len)
{
    static const char *const endings[] = {".pkl", ".pickle", ".p", ".pck", ".pcl", ".joblib"};
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        size_t n = strlen(endings[i]);
        if (len >= n && strncasecmp(name + len - n, endings[i], n) == 0) return true;
    }
    return false;
}
