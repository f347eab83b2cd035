/* SPDX-License-Identifier: MIT */
/* Fuzzes the listing of opcodes: positions follow one another, and what it lists to the end the scanner ends
 * there too. */
#include <onggi/inspect.h>
#include <onggi/pickle.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    og_pickle_dis *dis = og_pickle_dis_new(data, size);
    og_buf out = OG_BUF_INIT;
    og_pickle_line line;
    og_error err = {0};
    size_t at = 0;
    int status;
    bool shown;
    check(dis != NULL);
    while ((status = og_pickle_dis_next(dis, &line, &shown, &err)) > 0) {
        check(shown && line.position == at && line.size > 0 && line.argument[line.argument_len] == 0);
        at += line.size;
        check(at <= size);
        out.len = 0;
        if (line.marks < 1000) check(og_pickle_line_write(&line, &out) == OG_OK && out.len > 10);
    }
    if (status < 0) check(err.code == status && err.text[0]);
    if (status == 0) {
        og_pickle_scan scan = {0};
        size_t end = 0;
        int found = og_pickle_scan_end(&scan, data, size, true, &end, NULL);
        check(found < 0 || end == at);
    }
    og_buf_free(&out);
    og_pickle_dis_free(dis);
    return 0;
}
