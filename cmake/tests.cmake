# One program per src/**/NAME_test.c, one test of the command per tests/NAME_test.sh. A test is
# called LAYER/NAME and labelled with its layer: ctest -L kernels, ctest -R codec/rans.
pkg_check_modules(cmocka REQUIRED IMPORTED_TARGET cmocka)
if(CMAKE_CROSSCOMPILING)
    set(test_seconds 1800)
else()
    set(test_seconds 600)
endif()

file(GLOB_RECURSE test_sources CONFIGURE_DEPENDS src/*_test.c)
foreach(source ${test_sources})
    file(RELATIVE_PATH name ${CMAKE_SOURCE_DIR}/src ${source})
    string(REGEX REPLACE "_test\\.c$" "" name ${name})
    string(REGEX REPLACE "/.*" "" layer ${name})
    string(REPLACE "/" "_" program ${name}_test)
    add_executable(${program} ${source})
    set_target_properties(${program} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    target_link_libraries(${program} PRIVATE
        ${likely_test_libraries} PkgConfig::cmocka ${likely_dependencies})
    if(CMAKE_CROSSCOMPILING_EMULATOR)
        target_compile_definitions(${program} PRIVATE LIKELY_EMULATED) # src/base/slow.h
    endif()
    add_test(NAME ${name} COMMAND ${program} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES LABELS ${layer} TIMEOUT ${test_seconds})
endforeach()

# Programs of examples/, as the target `examples`. Those that include the library's header are
# linked with it; the others stand alone. Where there is no C++ compiler, those in C++ are left out.
include(CheckLanguage)
check_language(CXX)
if(CMAKE_CXX_COMPILER)
    enable_language(CXX)
    set(CMAKE_CXX_STANDARD 17)
    file(GLOB cpp_sources CONFIGURE_DEPENDS examples/*.cpp)
endif()
file(GLOB example_sources CONFIGURE_DEPENDS examples/*.c)
add_custom_target(examples)
foreach(source ${example_sources} ${cpp_sources})
    get_filename_component(name ${source} NAME_WE)
    add_executable(example_${name} ${source})
    set_target_properties(example_${name} PROPERTIES OUTPUT_NAME ${name}
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/examples)
    file(STRINGS ${source} library_header REGEX "^#include <likely\\.h>")
    if(library_header)
        target_link_libraries(example_${name} PRIVATE likely_static Threads::Threads)
    endif()
    target_link_libraries(example_${name} PRIVATE m)
    add_dependencies(examples example_${name})
endforeach()

# A script finds the command (with its emulator, when cross-compiled) in $LIKELY, the sources in
# $LIKELY_SOURCE and the programs of examples/ behind $LIKELY_EXAMPLES/. It exits with 77 where it
# cannot be run.
if(TARGET likely)
    set(slow "")
    if(LIKELY_SANITIZE)
        set(slow yes) # tests/lib.sh
    endif()
    file(GLOB test_scripts CONFIGURE_DEPENDS tests/*_test.sh)
    string(REPLACE ";" " " emulator "${CMAKE_CROSSCOMPILING_EMULATOR}")
    foreach(script ${test_scripts})
        get_filename_component(name ${script} NAME)
        string(REGEX REPLACE "_test\\.sh$" "" name ${name})
        add_test(NAME command/${name} COMMAND bash ${script} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
        set_tests_properties(command/${name} PROPERTIES LABELS command TIMEOUT ${test_seconds}
            SKIP_RETURN_CODE 77)
        set_property(TEST command/${name} PROPERTY ENVIRONMENT
            "LIKELY=${emulator} $<TARGET_FILE:likely>" "LIKELY_SOURCE=${CMAKE_SOURCE_DIR}"
            "LIKELY_EXAMPLES=${emulator} ${CMAKE_BINARY_DIR}/examples"
            "LIKELY_SLOW=${slow}")
    endforeach()
endif()
