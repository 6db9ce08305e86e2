# Compiler, linker and warning choices, the same for every target of ours.

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
# -g1 keeps line numbers for back traces at a quarter of the object size of -g: linking stays quick.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")

include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)

find_program(POND_CCACHE ccache)
if(POND_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Without the working folder in the hash, all build trees of one checkout share their objects.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env CCACHE_NOHASHDIR=1 "${POND_CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
endif()

find_program(POND_MOLD mold)
if(POND_MOLD)
  include(CheckLinkerFlag)
  check_linker_flag(CXX "-fuse-ld=mold" POND_USE_MOLD)
  if(POND_USE_MOLD)
    add_link_options(-fuse-ld=mold)
  endif()
endif()

if(POND_SANITIZE)
  add_compile_options(-fsanitize=${POND_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -O1)
  add_link_options(-fsanitize=${POND_SANITIZE})
endif()
if(POND_FUZZ)
  # Coverage for libFuzzer. The two checks would need type information of Arrow and DuckDB as clang writes it.
  add_compile_options(-fsanitize=fuzzer-no-link -fno-sanitize=vptr,function)
endif()

# Warnings of our own code; third-party headers are SYSTEM and stay silent.
add_library(pond_warnings INTERFACE)
target_compile_options(pond_warnings INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  $<$<BOOL:${POND_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 and 13 report these inside the inlined standard library at -O2; the findings are false.
  target_compile_options(pond_warnings INTERFACE
    -Wno-error=maybe-uninitialized -Wno-error=restrict -Wno-error=stringop-overflow
    -Wno-error=array-bounds -Wno-error=dangling-pointer -Wno-error=stringop-overread)
endif()

# A relative rpath, so that a build tree and an installed tree can be moved.
set(CMAKE_BUILD_RPATH_USE_ORIGIN ON)
