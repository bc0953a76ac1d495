# Compiler flags for every file. -ffp-contract=off is part of the format: the compiler may not fuse
# or split what the source writes, or the bits of a probability would depend on it. No option here
# may relax IEEE-754 (no -ffast-math and the like); no-math-errno and no-trapping-math only drop
# errno and exception flags, which nothing reads.
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Release or Debug" FORCE)
endif()
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# Assertions stay on in a release: they stand outside the inner loops. Sanitizers multiply the code,
# and optimising it fully costs more than the tests then gain; loops that are written to be
# vectorized are not, which clang would mention.
set(CMAKE_C_FLAGS_RELEASE "-O3 -g")
if(LIKELY_SANITIZE)
    set(CMAKE_C_FLAGS_RELEASE "-O1 -g1") # reports want no more than lines
    if(CMAKE_C_COMPILER_ID MATCHES "Clang")
        add_compile_options(-Wno-pass-failed)
    endif()
endif()
set(CMAKE_C_FLAGS_DEBUG "-O0 -g")
add_compile_definitions(_GNU_SOURCE)
add_compile_options(-ffp-contract=off -fno-math-errno -fno-trapping-math
                    -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                    $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>)
if(LIKELY_WERROR)
    add_compile_options(-Werror)
endif()
if(LIKELY_SANITIZE)
    add_compile_options(-fsanitize=${LIKELY_SANITIZE} -fno-sanitize-recover=all
                        -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${LIKELY_SANITIZE})
endif()
if(LIKELY_FUZZ)
    if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
        message(FATAL_ERROR "LIKELY_FUZZ needs clang: use the fuzz preset (cmake --preset fuzz)")
    endif()
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
include_directories(${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/src)
