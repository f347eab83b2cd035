/* SPDX-License-Identifier: MIT */
#include "detect_test.h"

og__detected found;
og_error err;

const char *as_told(const void *bytes, size_t len)
{
    static char text[OG__SEEN_SIZE];
    if (!found.framing.ops) return "nothing";
    og__peer_detect_describe(bytes, len, &found, text);
    return text;
}

/* However it is decided, the long way decides alike. */
static void assert_alike(const og__look *with, int status)
{
    og__detected full;
    og_error why = {0};
    char names[2][OG_FRAMING_NAME_MAX];
    assert_int_equal(og__peer_detect_in_full(with, &full, &why), status);
    if (status < 0) assert_string_equal(why.text, err.text);
    if (status <= 0) return;
    assert_ptr_equal(full.codec, found.codec);
    assert_string_equal(og_framing_name(full.framing, names[0], sizeof names[0]),
                        og_framing_name(found.framing, names[1], sizeof names[1]));
    assert_int_equal(full.note, found.note);
}

int look(const void *bytes, size_t len, og__look with)
{
    /* Exactly as much memory as there are bytes, so that sanitizers see a read after them. */
    uint8_t *exact = malloc(len ? len : 1);
    memcpy(exact, bytes, len);
    with.data = exact;
    with.len = len;
    if (with.max_message == 0) with.max_message = (size_t)64 << 20;
    int status = og__peer_detect(&with, &found, &err);
    assert_alike(&with, status);
    free(exact);
    return status;
}
