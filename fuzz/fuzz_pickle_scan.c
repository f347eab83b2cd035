/* SPDX-License-Identifier: MIT */
/* Fuzzes the scanner for the end of a pickle: the answer is the same however the bytes are cut. */
#include <onggi/pickle.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    size_t step = (size_t)*data % 7 + 1;
    data++;
    size--;
    og_pickle_scan whole = {0};
    og_pickle_scan cut = {0};
    size_t end = 0;
    size_t cut_end = 0;
    int status = og_pickle_scan_end(&whole, data, size, true, &end, NULL);
    int cut_status = 0;
    for (size_t len = 0; len < size && cut_status == 0; len += step)
        cut_status = og_pickle_scan_end(&cut, data, len, false, &cut_end, NULL);
    if (cut_status == 0) cut_status = og_pickle_scan_end(&cut, data, size, true, &cut_end, NULL);
    if (status != cut_status || end != cut_end || end > size) abort();
    if (status == 1 && data[end - 1] != '.') abort();
    return 0;
}
