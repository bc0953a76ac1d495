#include "cli/starts.h"

#include <stddef.h>

static const cli_start starts[] = {
    {"tables", "likely train made --data people.csv --out people.likely"},
    {"log lines", "likely train charrnn --data access.log --text utf8 --out log.likely"},
    {"readings", "likely train conv1d --data readings.csv --out readings.likely"},
    {"digits", "likely train made --data digits.idx.gz --binarize threshold --out digits.likely"},
    {"photographs", "likely train pixelcnn --data photographs/ --crop 32x32 --out photo.likely"},
    {"texts", "likely train charrnn --data book.txt --text utf8 --out book.likely"},
    {"recordings", "likely train wavenet --data voices/ --out voices.likely"},
};
#define STARTS ((int)(sizeof starts / sizeof *starts))

const cli_start *cli_start_at(int index) {
    return index < STARTS ? &starts[index] : NULL;
}

void cli_print_starts(FILE *to) {
    for (int i = 0; i < STARTS; i++) {
        fprintf(to, "  %-12s %s\n", starts[i].data, starts[i].line);
    }
}
