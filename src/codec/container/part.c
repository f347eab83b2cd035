/* SPDX-License-Identifier: MIT */
/* What readers of containers say when something is wrong. */
#include "codec/container/container.h"

const char og__container_too_long[] = "it is longer than the limit of bytes";

int og__container_wrong(og__part *part, const char *wrong, size_t offset)
{
    part->kind = OG__PART_WRONG;
    part->wrong = wrong;
    part->offset = offset;
    return 1;
}
