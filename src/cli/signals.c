#include "cli/signals.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/temporary.h"

static const struct {
    int number;
    bool asks; /* where it may only ask */
} caught[] = {{SIGHUP, true},   {SIGINT, true},   {SIGTERM, true},
              {SIGQUIT, false}, {SIGPIPE, false}, {SIGXCPU, false}};
#define CAUGHT (sizeof caught / sizeof *caught)

/* All that handlers can reach. */
static volatile sig_atomic_t only_asks, asked;

static bool may_ask(int number) {
    bool may = false;
    for (size_t i = 0; i < CAUGHT; i++) {
        may = may || (caught[i].number == number && caught[i].asks);
    }
    return may;
}

/* It comes again, to nobody, once the handler has returned. */
static void end_by(int number) {
    lk_temporaries_remove();
    signal(number, SIG_DFL);
    raise(number);
}

static void handle(int number) {
    if (only_asks && asked == 0 && may_ask(number)) {
        asked = number;
    } else {
        end_by(number);
    }
}

void cli_signals_catch(void) {
    for (size_t i = 0; i < CAUGHT; i++) {
        struct sigaction before, action = {.sa_handler = handle, .sa_flags = SA_RESTART};
        sigfillset(&action.sa_mask);
        if (sigaction(caught[i].number, NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
            sigaction(caught[i].number, &action, NULL);
        }
    }
}

void cli_signals_ask(void) {
    only_asks = 1;
}

int cli_signals_asked(void) {
    return (int)asked;
}

void cli_signals_obey(void) {
    if (asked != 0) {
        end_by((int)asked);
    }
}
