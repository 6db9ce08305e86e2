# Installed packages first; what scripts/bootstrap fetched into .deps/ where they lack.
set(POND_DEPS_DIR "${PROJECT_SOURCE_DIR}/.deps" CACHE PATH "Where scripts/bootstrap puts its downloads")

function(pond_need name)
  if(NOT ${name}_FOUND)
    message(FATAL_ERROR "${name} not found: run scripts/bootstrap, which installs what lacks.")
  endif()
endfunction()

find_package(Threads REQUIRED)
foreach(package IN ITEMS OpenSSL fmt nlohmann_json yaml-cpp CURL CLI11 mstch)
  find_package(${package} QUIET)
  pond_need(${package})
endforeach()
find_package(PondArrow)
pond_need(PondArrow)
find_package(PondDuckDB)
pond_need(PondDuckDB)

# yaml-cpp 0.7's own package names a plain library target; 0.8 a namespaced one.
if(NOT TARGET yaml-cpp::yaml-cpp)
  add_library(yaml-cpp::yaml-cpp INTERFACE IMPORTED)
  target_link_libraries(yaml-cpp::yaml-cpp INTERFACE yaml-cpp)
endif()

# Libraries without a package file of their own (or, CRoaring's in Debian 12, with one that names a folder that is not
# there).
function(pond_plain_library name header library what)
  find_path(POND_${name}_HEADER ${header})
  find_library(POND_${name}_LIBRARY ${library})
  mark_as_advanced(POND_${name}_HEADER POND_${name}_LIBRARY)
  if(NOT POND_${name}_HEADER OR NOT POND_${name}_LIBRARY)
    message(FATAL_ERROR "${what} not found: run scripts/bootstrap, which installs what lacks.")
  endif()
  add_library(pond_${name} INTERFACE)
  target_include_directories(pond_${name} SYSTEM INTERFACE ${POND_${name}_HEADER})
  target_link_libraries(pond_${name} INTERFACE ${POND_${name}_LIBRARY})
  add_library(Pond::${name} ALIAS pond_${name})
endfunction()
pond_plain_library(roaring roaring/roaring.h roaring CRoaring)  # the bitmaps of Delta's deletion vectors
# The XML of S3's replies. Linked statically where that is possible, as it is small.
pond_plain_library(pugixml pugixml.hpp pugixml pugixml)
find_library(POND_STATIC_pugixml libpugixml.a)
mark_as_advanced(POND_STATIC_pugixml)
if(POND_STATIC_pugixml)
  set_target_properties(pond_pugixml PROPERTIES INTERFACE_LINK_LIBRARIES "${POND_STATIC_pugixml}")
endif()
# The prompt. Linked statically where that is possible: libedit and the three libraries that it needs would cost every
# start of the program, which mostly runs without a prompt.
pond_plain_library(edit editline/readline.h edit libedit)
set(editor_archives)
foreach(name IN ITEMS edit tinfo bsd md)
  find_library(POND_STATIC_${name} lib${name}.a)
  mark_as_advanced(POND_STATIC_${name})
  if(POND_STATIC_${name})
    list(APPEND editor_archives "${POND_STATIC_${name}}")
  endif()
endforeach()
list(LENGTH editor_archives found)
if(found EQUAL 4)
  set_target_properties(pond_edit PROPERTIES INTERFACE_LINK_LIBRARIES "${editor_archives}")
endif()

# libcurl is opened at run time by what needs the network, so a pond starts without loading it: headers only.
add_library(pond_curl_headers INTERFACE)
target_include_directories(pond_curl_headers SYSTEM INTERFACE ${CURL_INCLUDE_DIRS})
target_link_libraries(pond_curl_headers INTERFACE ${CMAKE_DL_LIBS})
add_library(Pond::curl_headers ALIAS pond_curl_headers)

# cpp-httplib: Debian ships it compiled, and then its own pkg-config flags are part of the ABI; upstream is one
# header.
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(POND_HTTPLIB QUIET IMPORTED_TARGET cpp-httplib)
endif()
find_path(POND_HTTPLIB_HEADER httplib.h)
mark_as_advanced(POND_HTTPLIB_HEADER)
if(NOT POND_HTTPLIB_HEADER)
  message(FATAL_ERROR "cpp-httplib not found: run scripts/bootstrap, which installs what lacks.")
endif()
add_library(pond_httplib INTERFACE)
if(TARGET PkgConfig::POND_HTTPLIB)
  target_link_libraries(pond_httplib INTERFACE PkgConfig::POND_HTTPLIB OpenSSL::SSL Threads::Threads)
else()
  target_include_directories(pond_httplib SYSTEM INTERFACE ${POND_HTTPLIB_HEADER})
  target_link_libraries(pond_httplib INTERFACE Threads::Threads)
endif()
add_library(Pond::httplib ALIAS pond_httplib)
