/* SPDX-License-Identifier: MIT */
/* Fuzzes what a pickle teaches (shape.h): any, strict, under a policy, with bytes after it. */
#include "shape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static og_policy *policy;

static int read_pickle(og_doc *doc, const uint8_t *bytes, size_t len, unsigned way, size_t *used,
                       og_error *err)
{
    const og_pickle_read_options options = {.size = sizeof options,
                                            .strict = way == 1,
                                            .policy = way == 2 ? policy : NULL,
                                            .allow_trailing = way == 3};
    return og_pickle_read(doc, bytes, len, used, &options, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!policy) policy = og_policy_builtin("plain-data", NULL);
    fuzz_shape(read_pickle, data, size);
    return 0;
}
