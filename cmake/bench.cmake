# Benchmarks: built and run only by `make bench` (the target `bench`), one after another.
file(GLOB bench_sources CONFIGURE_DEPENDS bench/*.c)
set(bench_runs "")
set(bench_programs "")
foreach(source ${bench_sources})
    get_filename_component(name ${source} NAME_WE)
    add_executable(bench_${name} EXCLUDE_FROM_ALL ${source})
    set_target_properties(bench_${name} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
    target_link_libraries(bench_${name} PRIVATE
        likely_static ${likely_dependencies} ${CMAKE_DL_LIBS})
    list(APPEND bench_programs bench_${name})
    list(APPEND bench_runs COMMAND bench_${name})
endforeach()
if(bench_programs)
    add_custom_target(bench ${bench_runs}
        WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} USES_TERMINAL VERBATIM)
    add_dependencies(bench ${bench_programs})
endif()
