#include "models/pixel_streams.h"

#include <stdio.h>

lk_pixel_streams lk_pixel_streams_begin(const lk_resnets *resnets, lk_node *pixels,
                                        int64_t channels) {
    lk_mask above, row, left;
    lk_mask_rectangle(&above, -2, -1, -1, 1);
    lk_mask_rectangle(&row, -1, -1, -1, 1);
    lk_mask_rectangle(&left, -1, 0, -1, -1);
    lk_node *u = lk_resnets_conv(resnets, "first.u", pixels, channels, &above);
    lk_node *beside = lk_resnets_conv(resnets, "first.left", pixels, channels, &left);
    lk_node *over = lk_resnets_conv(resnets, "first.above", pixels, channels, &row);
    return (lk_pixel_streams){u, lk_add(resnets->graph, over, beside)};
}

void lk_pixel_streams_resnet(const lk_resnets *resnets, const char *name, lk_node *told,
                             lk_pixel_streams *streams) {
    char text[64];
    lk_mask mask;
    lk_mask_rectangle(&mask, -1, 0, -1, 1);
    snprintf(text, sizeof text, "%s.u", name);
    streams->u = lk_gated_resnet(resnets, text, streams->u, &mask, told);
    lk_node *both[] = {streams->u, told};
    lk_node *auxiliary = told == NULL ? streams->u : lk_join_channels(resnets->graph, both, 2);
    lk_mask_rectangle(&mask, -1, 0, -1, 0);
    snprintf(text, sizeof text, "%s.ul", name);
    streams->ul = lk_gated_resnet(resnets, text, streams->ul, &mask, auxiliary);
}
