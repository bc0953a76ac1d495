# What `make install` puts where: the command, the one public header, both libraries, the licence,
# documents and examples, and what finds them: likely.pc for pkg-config and likelyConfig.cmake for
# CMake (find_package(likely) gives likely::likely; COMPONENTS static gives likely::static too).
# Both find the rest relative to themselves, so an installed tree can be moved.
include(CMakePackageConfigHelpers)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/likely)
set_target_properties(likely_shared PROPERTIES EXPORT_NAME likely)
set_target_properties(likely_static PROPERTIES EXPORT_NAME static)

if(TARGET likely)
    install(TARGETS likely RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(FILES include/likely.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES LICENSE README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md")
install(DIRECTORY examples DESTINATION ${CMAKE_INSTALL_DOCDIR}
        FILES_MATCHING PATTERN "*.c" PATTERN "*.h" PATTERN "*.cpp")
install(TARGETS likely_shared EXPORT likelyTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS likely_static EXPORT likelyStaticTargets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT likelyTargets NAMESPACE likely:: DESTINATION ${package_folder})
install(EXPORT likelyStaticTargets NAMESPACE likely:: DESTINATION ${package_folder})

write_basic_package_version_file(likelyConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES cmake/likelyConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/likelyConfigVersion.cmake
        DESTINATION ${package_folder})

file(RELATIVE_PATH prefix_from_pc /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
string(REGEX REPLACE "/$" "" prefix_from_pc ${prefix_from_pc})
configure_file(cmake/likely.pc.in likely.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/likely.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# Manual pages and the completion for bash, which the command writes from its own tables.
if(TARGET likely)
    set(manual_folder ${CMAKE_CURRENT_BINARY_DIR}/manual)
    add_custom_command(OUTPUT ${manual_folder}/likely.1
        COMMAND ${CMAKE_COMMAND} -E make_directory ${manual_folder}
        COMMAND likely manual ${manual_folder}
        DEPENDS likely VERBATIM)
    add_custom_target(manual ALL DEPENDS ${manual_folder}/likely.1)
    install(DIRECTORY ${manual_folder}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1
            FILES_MATCHING PATTERN "*.1")
    install(FILES ${manual_folder}/likely.bash
            DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME likely)
endif()

# All of that, and nothing else: what `make` builds.
add_custom_target(installed DEPENDS likely_shared likely_static)
if(TARGET likely)
    add_dependencies(installed likely manual)
endif()
foreach(module likely_openmpi likely_mpich)
    if(TARGET ${module})
        add_dependencies(installed ${module})
    endif()
endforeach()
