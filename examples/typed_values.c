/* SPDX-License-Identifier: MIT */
/* Sends a measurement in Python's own types; python/typed_values.py receives them as such. */
#include <onggi/onggi.h>

#include <stdio.h>

/* A dict of values that JSON has no types for. `err` is filled when one cannot be built. */
static og_value measurement(og_doc *doc, const double *samples, og_error *err)
{
    static const size_t shape[] = {2, 3};
    static const uint8_t id[16] = {0x12, 0x34, 0x56, 0x78, 0x12, 0x34, 0x56, 0x78,
                                   0x12, 0x34, 0x56, 0x78, 0x12, 0x34, 0x56, 0x78};
    og_moment start = OG_INIT;
    start.year = 2024;
    start.month = 1;
    start.day = 2;
    start.hour = 9;
    start.minute = 30;
    start.microsecond = 250000;
    start.has_offset = true;
    start.offset_seconds = 9 * 3600;
    /* Six doubles, left where they are until they are sent. */
    og_value data = og_bytes_borrow(samples, 6 * sizeof *samples);

    og_value value = og_dict(doc);
    og_dict_sets(doc, value, "id", og_uuid(doc, id, err), err);
    og_dict_sets(doc, value, "start", og_datetime(doc, &start, err), err);
    og_dict_sets(doc, value, "length", og_timedelta(doc, 0, 90, 500000, err), err);
    og_dict_sets(doc, value, "price", og_decimal(doc, "12.50", 5, err), err);
    og_dict_sets(doc, value, "file", og_path(doc, OG_PATH_PURE_POSIX, "/data/run-7", 11, err), err);
    og_dict_sets(doc, value, "samples", og_ndarray(doc, "float64", shape, 2, 'C', data, err), err);
    return err->code == OG_OK ? value : og_none();
}

/* Usage: typed_values [ENDPOINT] */
int main(int argc, char **argv)
{
    static const double samples[] = {0.5, 1.5, 2.5, 3.5, 4.5, 5.5};
    const char *endpoint = argc > 1 ? argv[1] : "tcp://127.0.0.1:1234";
    og_conn_options options = OG_INIT;
    options.size = sizeof(options);
    options.codec = "pickle";
    options.framing = "raw";
    og_error err = OG_ERROR_INIT;
    int status = -1;

    og_conn *server = og_connect(endpoint, &options, &err);
    og_doc *doc = og_doc_new(NULL);
    if (server != NULL && doc != NULL) {
        og_value value = measurement(doc, samples, &err);
        status = err.code == OG_OK ? og_send(server, value, &err) : -1;
    }
    if (status < 0) {
        fprintf(stderr, "typed_values: %s\n", err.text);
    }
    og_doc_free(doc);
    og_close(server);
    return status == 0 ? 0 : 1;
}
