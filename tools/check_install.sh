#!/usr/bin/env bash
# Installs a build into an empty folder and builds against it as a stranger would: with pkg-config
# (shared and static) and with CMake (shared and static), the program below and the programs of
# examples/ that use the library. Checks too that the header is good C and C++, and that the shared
# library exports exactly what the header declares.
#   tools/check_install.sh BUILD
set -euo pipefail
source_folder=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/installed
cmake --install "$build" --prefix "$prefix" >"$work/install.log"

cat >"$work/version.c" <<'PROGRAM'
#include <likely.h>
#include <stdio.h>

int main(void) {
    lk_context *context = NULL;
    lk_status status = lk_context_create(2, &context);
    if (status != LK_OK) {
        fprintf(stderr, "%s: %s\n", lk_status_text(status), lk_context_message(context));
    } else {
        printf("likely %s, engine %s, %s, %d threads\n", lk_version(), lk_engine_version(),
               lk_context_isa(context), lk_context_threads(context));
    }
    lk_context_destroy(context);
    return status != LK_OK;
}
PROGRAM
sources=("$work/version.c")
for name in train compress score; do
    sources+=("$source_folder/examples/$name.c")
done

if [[ -z $(find "$prefix" -path '*/doc/likely/LICENSE') ]]; then
    echo "check_install: the licence is not installed" >&2
    exit 1
fi
for file in '*/man/man1/likely.1' '*/man/man1/likely-train.1' \
    '*/bash-completion/completions/likely' '*/doc/likely/README.md' '*/doc/likely/docs/design.md' \
    '*/doc/likely/examples/train.c' '*/doc/likely/examples/threads.cpp'; do
    if [[ -z $(find "$prefix" -path "$file") ]]; then
        echo "check_install: $file is not installed" >&2
        exit 1
    fi
done

# The header alone, as strict C and as C++.
strict=(-Wall -Wextra -Wpedantic -Werror -fsyntax-only "-I$prefix/include")
echo '#include <likely.h>' | cc -std=c17 "${strict[@]}" -x c -
if command -v c++ >/dev/null; then
    echo '#include <likely.h>' | c++ -std=c++11 "${strict[@]}" -x c++ -
fi

# Exports: nothing but the header's functions, and all of them but those that are inline.
library=$(find "$prefix" -name 'liblikely.so' | head -1)
static_library=$(find "$prefix" -name 'liblikely.a' | head -1)
nm -D --defined-only "$library" | awk '{print $3}' | sort >"$work/exported"
cc -E -P -x c "$prefix/include/likely.h" | grep -v '^typedef' |
    grep -oE '\blk_[a-z0-9_]+ *\(' | tr -d ' (' |
    grep -vE '^lk_(from|to)_(file|memory|function)$' | sort -u >"$work/declared"
if ! diff "$work/declared" "$work/exported"; then
    echo "check_install: < is declared in likely.h but not exported, > the other way round" >&2
    exit 1
fi

export PKG_CONFIG_PATH
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name likely.pc)")
export LD_LIBRARY_PATH
LD_LIBRARY_PATH=$(dirname "$library")
run() { # only the program that needs no arguments
    [[ $1 != *version* ]] || "$1"
}
for source in "${sources[@]}"; do
    name=$(basename "$source" .c)
    # shellcheck disable=SC2046
    cc -std=c17 "$source" $(pkg-config --cflags --libs likely) -o "$work/$name-shared"
    run "$work/$name-shared"
    # shellcheck disable=SC2046
    cc -std=c17 "$source" $(pkg-config --cflags likely) "$static_library" \
        $(pkg-config --static --libs-only-l likely | sed 's/-llikely//') -pthread \
        -o "$work/$name-static"
    run "$work/$name-static"
done

mkdir "$work/project"
{
    echo 'cmake_minimum_required(VERSION 3.22)'
    echo 'project(stranger LANGUAGES C)'
    echo 'find_package(likely REQUIRED COMPONENTS static)'
    for source in "${sources[@]}"; do
        name=$(basename "$source" .c)
        for kind in likely static; do
            echo "add_executable($name-$kind $source)"
            echo "target_link_libraries($name-$kind PRIVATE likely::$kind)"
        done
    done
} >"$work/project/CMakeLists.txt"
cmake -S "$work/project" -B "$work/project/build" -DCMAKE_PREFIX_PATH="$prefix" \
    >"$work/cmake.log" || {
    cat "$work/cmake.log"
    exit 1
}
cmake --build "$work/project/build" >"$work/make.log" || {
    cat "$work/make.log"
    exit 1
}
run "$work/project/build/version-likely"
run "$work/project/build/version-static"
if [[ -x $prefix/bin/likely ]]; then
    "$prefix/bin/likely" models >/dev/null
fi
echo "check_install: ok (pkg-config and CMake, shared and static)"
