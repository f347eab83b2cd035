/* SPDX-License-Identifier: MIT */
/* Fuzzes the reading of endpoints: what is taken must read back the same from its own text. */
#include <onggi/net.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (!text) return 0;
    if (size) memcpy(text, data, size);
    text[size] = '\0';
    og_endpoint endpoint;
    og_error err = {0};
    int status = og_endpoint_parse(&endpoint, text, &err);
    if (status < 0) {
        check(status == OG_EADDRESS && err.text[0] && err.position <= strlen(text));
    } else {
        char written[400];
        og_endpoint again;
        check(status == OG_OK);
        og_endpoint_text(&endpoint, written, sizeof written);
        check(og_endpoint_parse(&again, written, &err) == OG_OK);
        check(again.transport == endpoint.transport && again.port == endpoint.port);
        check(strcmp(again.host, endpoint.host) == 0 && strcmp(again.path, endpoint.path) == 0);
        bool has_query =
            endpoint.transport != OG_UNIX && endpoint.transport != OG_UNIXGRAM && !endpoint.inherited;
        check(!has_query || strcmp(again.interface, endpoint.interface) == 0);
    }
    free(text);
    return 0;
}
