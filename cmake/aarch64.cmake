# Toolchain file: 64-bit ARM from a Debian x86-64 machine. The libraries are Debian's own arm64
# packages beside the native ones (multiarch; tools/setup.sh --ci installs them), so the emulator
# finds all it needs in its usual places.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
# The machine's own C++ compiler is not for ARM; the one example in C++ is built natively.
set(CMAKE_CXX_COMPILER NOTFOUND)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64)
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig)
