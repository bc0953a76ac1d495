# A module for each MPI that is found: likely-openmpi.so, likely-mpich.so, which the command opens
# when such a launcher has started it. So nothing else is linked with MPI, and one build runs under
# both. -DLIKELY_MPI=OFF builds none.
option(LIKELY_MPI "Build the modules for Open MPI and MPICH, where they are found" ON)
set(mpi_built "")
function(add_mpi name package title)
    if(CMAKE_CROSSCOMPILING OR NOT LIKELY_MPI)
        return()
    endif()
    pkg_check_modules(mpi_${name} QUIET ${package})
    if(NOT mpi_${name}_FOUND)
        return()
    endif()
    add_library(likely_${name} MODULE src/team/mpi.c)
    set_target_properties(likely_${name} PROPERTIES PREFIX "" OUTPUT_NAME likely-${name})
    target_compile_definitions(likely_${name} PRIVATE
                               "LK_MPI_NAME=\"${title} ${mpi_${name}_VERSION}\"")
    # Not their compiler flags: MPICH's are those that Debian built it with.
    target_include_directories(likely_${name} SYSTEM PRIVATE ${mpi_${name}_INCLUDE_DIRS})
    target_link_directories(likely_${name} PRIVATE ${mpi_${name}_LIBRARY_DIRS})
    target_link_libraries(likely_${name} PRIVATE ${mpi_${name}_LIBRARIES})
    target_link_options(likely_${name} PRIVATE -Wl,--as-needed)
    install(TARGETS likely_${name} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/likely)
    set(mpi_built "${mpi_built};${title} ${mpi_${name}_VERSION}" PARENT_SCOPE)
endfunction()
add_mpi(openmpi ompi-c "Open MPI")
add_mpi(mpich mpich MPICH)
list(REMOVE_ITEM mpi_built "")
list(JOIN mpi_built ", " mpi_built)
file(RELATIVE_PATH mpi_folder /prefix/${CMAKE_INSTALL_BINDIR}
     /prefix/${CMAKE_INSTALL_LIBDIR}/likely)
set_source_files_properties(src/team/launch.c PROPERTIES COMPILE_DEFINITIONS
                            "LK_MPI_BUILT=\"${mpi_built}\";LK_MPI_FOLDER=\"${mpi_folder}\"")
