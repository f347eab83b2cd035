/* SPDX-License-Identifier: MIT */
#include "codec/json/reader.h"
int og__json_from_tags(og__json_reader *r, og_value raw, og_value *out)
{
    (void)r;
    *out = raw;
    return 0;
}
