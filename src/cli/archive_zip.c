/* SPDX-License-Identifier: MIT */
/* Zip archives. */
#include "cli/inspect.h"

bool inspect_is_zip(const uint8_t *bytes, size_t len)
{
    return len > 4 && bytes[0] == 'P' && bytes[1] == 'K' && bytes[2] == 3 && bytes[3] == 4;
}

int inspect_zip(inspection *run, const inspect_thing *thing)
{
    return inspect_unreadable(run, thing->name, "a zip archive");
}
