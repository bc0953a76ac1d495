# find_package(likely): the target likely::likely (shared); with COMPONENTS static also
# likely::static, which needs the libraries that liblikely uses.
include(CMakeFindDependencyMacro)
include(${CMAKE_CURRENT_LIST_DIR}/likelyTargets.cmake)
if("static" IN_LIST likely_FIND_COMPONENTS)
    find_dependency(Threads)
    find_dependency(PkgConfig)
    find_dependency(BZip2)
    foreach(likely_library zlib libpng libjpeg sndfile jansson libxxhash libzip liblzma libzstd)
        pkg_check_modules(${likely_library} REQUIRED IMPORTED_TARGET ${likely_library})
    endforeach()
    include(${CMAKE_CURRENT_LIST_DIR}/likelyStaticTargets.cmake)
    set(likely_static_FOUND TRUE)
endif()
