/* SPDX-License-Identifier: MIT */
/* Messages that are read by what others taught: which shape it is, and the document that it becomes. */
#include "codec/shape.h"

#include <string.h>

enum { MOST_CREDIT = 16 };

og__shape *og__codec_shape_find(const og_doc *doc, const og__shape *before, og__shape_scan *scan,
                                const uint8_t *bytes)
{
    og__lesson *lesson = before ? before->lesson.next : doc->lessons;
    for (; lesson; lesson = lesson->next) {
        og__shape *shape = (og__shape *)(void *)lesson;
        if ((og__base_load8(bytes) & shape->begins_len) == shape->begins && shape->scan == scan) return shape;
    }
    return NULL;
}

og_value *og__codec_shape_cells(og_doc *doc, const og__shape *shape)
{
    size_t size = shape->cell_count * sizeof(og_value);
    og_value *cells = og__value_doc_alloc(doc, size, _Alignof(og_value));
    if (cells) memcpy(cells, shape->cells, size);
    return cells;
}

void og__codec_shape_finish(og_doc *doc, og__shape *shape, og_value *cells)
{
    for (size_t i = 0; i < shape->node_count; i++) {
        const og__shape_node *n = &shape->nodes[i];
        og__node *node = (og__node *)(void *)(cells + n->node);
        cells[n->value].u.p = node;
        node->items = n->items ? cells + n->items : NULL;
    }
    for (size_t i = 0; i < shape->copy_count; i++)
        cells[shape->copies[i].to] = cells[shape->copies[i].from];
    /* Not from its cell: that was just stored in two pieces, and cannot be loaded in one for a while. */
    doc->root.meta = shape->cells[0].meta;
    doc->root.u.p = cells + shape->nodes[0].node;
    doc->read_by = &shape->lesson;
    doc->read_root = doc->root.u.p;
    doc->lesson_debt -= doc->lesson_debt < OG__SHAPE_GAIN ? doc->lesson_debt : OG__SHAPE_GAIN;
    if (shape->credit < MOST_CREDIT) shape->credit++;
}

void og__codec_shape_missed(og_doc *doc, og__shape_scan *scan, const uint8_t *bytes)
{
    og__shape *next;
    for (og__shape *shape = og__codec_shape_find(doc, NULL, scan, bytes); shape; shape = next) {
        next = og__codec_shape_find(doc, shape, scan, bytes);
        if (--shape->credit < 0) og__value_lesson_drop(doc, &shape->lesson);
    }
}
