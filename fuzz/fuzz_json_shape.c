/* SPDX-License-Identifier: MIT */
/* Fuzzes what a JSON text teaches (shape.h): as the standard, as Python, and with what both refuse. */
#include "shape.h"

#include <onggi/json.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int read_json(og_doc *doc, const uint8_t *bytes, size_t len, unsigned way, size_t *used, og_error *err)
{
    const og_json_read_options options = {.size = sizeof options,
                                          .allow_nan = way == 1,
                                          .allow_surrogates = way == 1,
                                          .allow_trailing_comma = way == 2,
                                          .refuse_duplicates = way == 2,
                                          .refuse_huge = way == 3};
    *used = len;
    return og_json_read(doc, (const char *)bytes, len, &options, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_shape(read_json, data, size);
    return 0;
}
