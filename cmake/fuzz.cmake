# One libFuzzer program per fuzz/NAME_fuzz.c, in the folder fuzz/ of the build; seeds stand in
# fuzz/corpus/NAME.
file(GLOB fuzz_sources CONFIGURE_DEPENDS fuzz/*_fuzz.c)
foreach(source ${fuzz_sources})
    get_filename_component(name ${source} NAME_WE)
    add_executable(${name} ${source})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
    target_compile_options(${name} PRIVATE -fsanitize=fuzzer)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    target_link_libraries(${name} PRIVATE likely_static ${likely_dependencies})
endforeach()

# The engine computes what bytes cannot steer: its loops are not traced, of which the coder's target
# spent most of its time. Kernels of an instruction set have no checks either, with which clang
# takes minutes over the largest of them; `make asan` tests them.
file(GLOB untraced src/kernels/*.c src/graph/*.c src/ops/*.c src/dist/*.c src/optim/*.c)
set_source_files_properties(${untraced} PROPERTIES COMPILE_OPTIONS -fno-sanitize=fuzzer-no-link)
foreach(isa ${isa_list})
    target_compile_options(likely_isa_${isa} PRIVATE -fno-sanitize=all)
endforeach()
