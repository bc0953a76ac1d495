#include "cli/train/report.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/measure.h"
#include "cli/signals.h"
#include "cli/team/session.h"
#include "models/model_file.h"
#include "train/baseline.h"

train_report train_report_begin(const cli_arguments *arguments, const lk_model *model) {
    bool quiet = cli_has(arguments, "quiet");
    return (train_report){.quiet = quiet,
                          .bound = cli_bound(model),
                          .live = !quiet && cli_on_terminal(),
                          .bits_per_nat_dim = 1.0 / LK_NATS_PER_BIT / (double)model->data.variables,
                          .window = model->data.stream ? model->data.variables : 0};
}

static void format_nats(double nats, const train_report *r, char text[64]) {
    const char *bound = isfinite(nats) ? r->bound : "";
    if (isnan(nats)) {
        snprintf(text, 64, "-");
    } else if (r->window > 0) {
        snprintf(text, 64, "%.4f nats/symbol (%.4f bits)", nats / (double)r->window,
                 nats * r->bits_per_nat_dim);
    } else {
        snprintf(text, 64, "%s%.3f nats (%.4f bits/dim)", bound, nats, nats * r->bits_per_nat_dim);
    }
}

bool train_report_step(void *argument, const lk_train_progress *p) {
    train_report *r = argument;
    char train[64], valid[64], best[64], left[32];
    const char *unit = r->window > 0 ? "symbols" : "examples"; /* of a text no windows */
    double rate = p->examples_per_second * (r->window > 0 ? (double)r->window : 1.0);
    train_log_step(r->log, p, r->window > 0 ? (double)r->window : 1.0);
    format_nats(p->train_nll_nats, r, train);
    format_nats(p->valid_nll_nats, r, valid);
    format_nats(p->best_valid_nll_nats, r, best);
    cli_duration(p->seconds_left, left);
    if (r->live && !p->epoch_ended) {
        fprintf(stderr, "\repoch %lld step %lld/%lld  train %s  %.0f %s/s  %s left\033[K",
                (long long)p->epoch, (long long)p->step, (long long)p->steps_in_epoch, train, rate,
                unit, isfinite(p->seconds_left) && p->seconds_left > 0.0 ? left : "?");
        fflush(stderr);
    }
    if (!r->quiet && p->epoch_ended) {
        fprintf(stderr, "%sepoch %lld  train %s  valid %s  best %s  %.0f %s/s\n",
                r->live ? "\r\033[K" : "", (long long)p->epoch, train, valid, best, rate, unit);
    }
    if (!r->quiet && p->note != NULL) {
        fprintf(stderr, "%s%s\n", r->live ? "\r\033[K" : "", p->note);
    }
    return cli_signals_asked() == 0;
}

void train_report_validating(void *argument, int64_t done, int64_t count) {
    train_report *r = argument;
    double now = lk_seconds();
    if (r->live && now - r->told >= 0.5) {
        r->told = now;
        fprintf(stderr, "\rvalidating: %lld of %lld %s\033[K", (long long)done, (long long)count,
                r->window > 0 ? "symbols" : "examples");
        fflush(stderr);
    }
}

bool train_report_fit(void *argument, int64_t iteration, int64_t iterations, double train_nll,
                      double valid_nll) {
    train_report *r = argument;
    char train[64], valid[64];
    train_log_fit(r->log, iteration, train_nll, valid_nll);
    format_nats(train_nll, r, train);
    format_nats(valid_nll, r, valid);
    if (r->live) {
        fprintf(stderr, "\riteration %lld of %lld  train %s  valid %s\033[K", (long long)iteration,
                (long long)iterations, train, valid);
        fflush(stderr);
    } else if (!r->quiet && (iteration % 20 == 0 || iteration == iterations)) {
        fprintf(stderr, "iteration %lld of %lld  train %s  valid %s\n", (long long)iteration,
                (long long)iterations, train, valid);
    }
    return cli_signals_asked() == 0;
}

void train_report_end(const train_report *r) {
    if (r->live) {
        fprintf(stderr, "\r\033[K");
    }
}

/* ---- the end --------------------------------------------------------------------------------- */

static double number(const json_t *history, const char *key) {
    return lk_json_double(json_object_get(history, key));
}

static const char *reason(const json_t *history) {
    static const struct {
        const char *stopped, *text;
    } rows[] = {
        {"epochs", "all epochs are done"},
        {"minutes", "the time is over"},
        {"patience", "the validation NLL does not get better any more"},
        {"iterations", "all iterations are done"},
        {"converged", "an iteration gains nothing any more"},
        {"fitted", "it is counted, not trained step by step"},
    };
    const char *stopped = json_string_value(json_object_get(history, "stopped"));
    for (size_t i = 0; stopped != NULL && i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].stopped, stopped) == 0) {
            return rows[i].text;
        }
    }
    return stopped != NULL ? stopped : "not told";
}

/* Beside what models that have learned nothing reach. */
static void print_end(const cli_arguments *arguments, const lk_model *model,
                      const json_t *history) {
    char nll[64], independent[64], uniform[64];
    const train_report r = train_report_begin(arguments, model);
    lk_baselines b = {number(history, "uniform_nll_nats"), number(history, "independent_nll_nats")};
    bool held_out = json_is_object(json_object_get(history, "valid_data"));
    double value = number(history, held_out ? "valid_nll_nats" : "train_nll_nats");
    const char *verdict = lk_baselines_verdict(model, &b, value);
    format_nats(value, &r, nll);
    const train_report exact = {.bound = "",
                                .bits_per_nat_dim = r.bits_per_nat_dim,
                                .window = r.window}; /* baselines are known */
    format_nats(b.independent, &exact, independent);
    format_nats(b.uniform, &exact, uniform);
    printf("%s NLL %s; independent variables %s, uniform %s\n",
           held_out ? "validation" : "training", nll, independent, uniform);
    cli_print_bound(model);
    printf("ended: %s\n", reason(history));
    if (verdict != NULL) {
        printf("the model is %s\n", verdict);
    }
}

/* Of a team: NULL for one who is alone. */
static json_t *team_json(const cli_arguments *arguments, const lk_train_sent *sent) {
    double steps = sent->steps > 0 ? (double)sent->steps : 1;
    return cli_team_of(arguments) == NULL
               ? NULL
               : json_pack("{s:i, s:o, s:o}", "ranks", lk_team_size(cli_team_of(arguments)),
                           "sent_bytes_per_step", lk_json_number((double)sent->bytes / steps),
                           "sent_messages_per_step",
                           lk_json_number((double)sent->messages / steps));
}

static void print_team(const cli_arguments *arguments, const json_t *history,
                       const lk_train_sent *sent) {
    if (cli_team_of(arguments) != NULL && sent->steps > 0) {
        double steps = (double)sent->steps;
        int32_t ranks = lk_team_size(cli_team_of(arguments));
        int64_t slices =
            json_integer_value(json_object_get(json_object_get(history, "options"), "slices"));
        printf("%d ranks; rank 0 sent %.0f bytes in %.1f messages a step\n", ranks,
               (double)sent->bytes / steps, (double)sent->messages / steps);
        if (slices > 0 && slices < ranks) {
            printf("%lld slice%s: %lld of the ranks had nothing to do; --slices %d would share the "
                   "work (and have other bits)\n",
                   (long long)slices, cli_plural(slices), (long long)(ranks - slices), ranks);
        }
    }
}

int train_report_summary(const cli_arguments *arguments, const lk_model *model,
                         const train_out *out, const char *note, const lk_train_sent *sent) {
    char fingerprint[33];
    lk_fingerprint_print(lk_model_fingerprint(model), fingerprint);
    if (cli_has(arguments, "json")) {
        json_t *history = cli_history(model);
        if (history == NULL) {
            return EXIT_FAULT;
        }
        json_t *object = json_pack("{s:o, s:o?, s:s, s:I, s:s, s:o, s:o*, s:o*}", "model",
                                   lk_json_bytes(out->model), "checkpoint",
                                   lk_json_bytes(out->checkpoint), "family", model->family->name,
                                   "parameters", (json_int_t)lk_parameters_total(model->parameters),
                                   "fingerprint", fingerprint, "history", history, "note",
                                   lk_json_bytes(note), "team", team_json(arguments, sent));
        cli_bound_json(object, model);
        return cli_print_json(object);
    }
    printf("%s: %s with %lld parameters, fingerprint %s\n", out->model, model->family->name,
           (long long)lk_parameters_total(model->parameters), fingerprint);
    json_t *history = cli_has(arguments, "quiet") ? NULL : json_loads(model->history, 0, NULL);
    if (history != NULL) {
        print_end(arguments, model, history);
        print_team(arguments, history, sent);
    }
    json_decref(history);
    if (out->checkpoint != NULL) {
        printf("%s stays, for --resume with more epochs; the model does not need it\n",
               out->checkpoint);
    }
    return cli_finish_output();
}
