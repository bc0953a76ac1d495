# Benchmarks: built and run only by `make bench` (the target `bench`), one after another; and what
# bench/peers needs (the target `bench_peers`), which runs them in turn with other programs.
function(add_bench name source)
    add_executable(${name} EXCLUDE_FROM_ALL ${source})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
    target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/bench)
    target_link_libraries(${name} PRIVATE
        likely_static ${likely_dependencies} ${CMAKE_DL_LIBS})
endfunction()

file(GLOB bench_sources CONFIGURE_DEPENDS bench/*.c)
set(bench_runs "")
set(bench_programs "")
foreach(source ${bench_sources})
    get_filename_component(name ${source} NAME_WE)
    add_bench(bench_${name} ${source})
    list(APPEND bench_programs bench_${name})
    list(APPEND bench_runs COMMAND bench_${name})
endforeach()
if(bench_programs)
    add_custom_target(bench ${bench_runs}
        WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} USES_TERMINAL VERBATIM)
    add_dependencies(bench ${bench_programs})
endif()

# A peer is no part of us: it has nothing of ours, and the flags that serve it best.
add_bench(bench_outputs bench/peers/outputs.c)
add_executable(bench_queue EXCLUDE_FROM_ALL bench/peers/queue.c)
set_target_properties(bench_queue PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
target_compile_options(bench_queue PRIVATE -O3 -march=native -ffast-math)
target_link_libraries(bench_queue PRIVATE m)
add_custom_target(bench_peers
    DEPENDS bench_product bench_train bench_sample bench_outputs bench_queue)
