/* SPDX-License-Identifier: MIT */
/* Records of Python's logging. */
#include "cli/record.h"

#include <string.h>

bool cli_is_record(og_value value)
{
    return og_kind_of(value) == OG_DICT && og_valid(og_dict_gets(value, "msg")) &&
           og_kind_of(og_dict_gets(value, "levelname")) == OG_STR;
}

static int put(const og_json_write_options *json, og_value record, const char *key, const char *before,
               og_buf *out, og_error *err)
{
    og_value value = og_dict_gets(record, key);
    if (!og_valid(value) || og_kind_of(value) == OG_NONE) return 0;
    if (og_buf_puts(out, before) < 0) return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "out of memory");
    return cli_plain_write(json, value, out, err);
}

int cli_record_write(const og_json_write_options *json, og_value record, og_buf *out, og_error *err)
{
    /* What follows the first line is there for exceptions, and for records with stack_info. */
    static const struct {
        const char *key;
        const char *before;
    } parts[] = {{"levelname", ""}, {"name", ":"}, {"msg", ":"}, {"exc_text", "\n"}, {"stack_info", "\n"}};
    int status = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && status == 0; i++)
        status = put(json, record, parts[i].key, parts[i].before, out, err);
    return status;
}
