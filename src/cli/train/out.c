#include "cli/train/out.h"

#include "base/file.h"
#include "base/guard.h"
#include "base/memory.h"
#include "base/path.h"

/* Another name of the same file has the same lock. */
static lk_status take_lock(lk_context *context, train_out *out) {
    lk_place place;
    lk_status status = lk_place_find(context, out->model, &place);
    out->whole = lk_place_is_file(&place);
    if (status == LK_OK && out->whole) {
        status = lk_temporary_lock(context, place.path, &out->lock);
    }
    lk_place_release(&place);
    return status;
}

lk_status train_out_open(const cli_arguments *arguments, lk_context *context, bool steps,
                         train_out *out) {
    *out = (train_out){.model = cli_text(arguments, "out", NULL)};
    LK_TRY(take_lock(context, out));
    if (cli_has(arguments, "resume") && steps && !out->whole) {
        return lk_fail(context, LK_INVALID,
                       "%s: is no file that a checkpoint could stand beside: leave out --resume",
                       out->model);
    }
    if (!steps || !out->whole) {
        return LK_OK;
    }
    out->checkpoint = lk_print("%s.checkpoint", out->model);
    if (out->checkpoint == NULL) {
        return lk_fail_no_memory(context, "a name", 1);
    }
    LK_TRY(lk_guard_output(context, out->checkpoint));
    return lk_writer_try(context, out->checkpoint);
}

void train_out_close(train_out *out) {
    lk_release(out->checkpoint);
    lk_temporary_remove(out->lock);
    *out = (train_out){0};
}

lk_status train_out_interrupted(lk_context *context, const train_out *out) {
    return out->checkpoint != NULL
               ? lk_fail(context, LK_INTERRUPTED,
                         "interrupted; the same command with --resume continues from %s",
                         out->checkpoint)
               : lk_fail(context, LK_INTERRUPTED,
                         "interrupted; nothing was written, because a checkpoint can stand only "
                         "beside a file");
}
