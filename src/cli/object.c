/* SPDX-License-Identifier: MIT */
/* One object from the text of it, in any form. */
#include "cli/object.h"
#include "cli/suggest.h"

#include <string.h>

int cli_read_form(og_doc *doc, const char *text, size_t len, cli_form form, const cli_options *options,
                  og_error *err)
{
    og_codec_options codecs;
    cli_codec_options(&codecs, options);
    switch (form) {
    case CLI_FORM_TEXT: return og_text_read(doc, text, len, err);
    case CLI_FORM_REPR: return og_literal_read(doc, text, len, og_repr_of(&codecs), err);
    case CLI_FORM_PICKLE: return og_pickle_read(doc, text, len, NULL, &og_pickle_of(&codecs)->read, err);
    case CLI_FORM_LOSSLESS: og_json_of(&codecs)->read.lossless = true; break;
    default: break;
    }
    return og_json_read(doc, text, len, &og_json_of(&codecs)->read, err);
}

int cli_read_object(og_doc *doc, const char *text, size_t len, cli_form form, const cli_options *options,
                    const char *what, og_value *value)
{
    og_error err;
    if (cli_read_form(doc, text, len, form, options, &err) < 0) {
        if (form == CLI_FORM_PICKLE) return cli_fail(what, &err);
        int status = cli_fail_in(what, text, len, NULL, &err);
        if (form == CLI_FORM_JSON) cli_suggest_object(options, text);
        return status;
    }
    *value = og_doc_root(doc);
    return 0;
}
