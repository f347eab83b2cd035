/* SPDX-License-Identifier: MIT */
/* Whether a code point can be shown as it is. */
#include "base/printable_table.h"
#include "base/utf8.h"

bool og__base_printable(uint32_t code)
{
    if (code < 0x20 || code == 0x7f) return false;
    if (code < 0x80) return true;
    size_t low = 0;
    size_t high = sizeof hidden_runs / sizeof hidden_runs[0];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (code > hidden_runs[middle][1])
            low = middle + 1;
        else
            high = middle;
    }
    return low == sizeof hidden_runs / sizeof hidden_runs[0] || code < hidden_runs[low][0];
}
