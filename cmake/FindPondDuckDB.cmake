# DuckDB::duckdb: duckdb.h and the libraries it needs.
#
# DuckDB_ROOT (a CMake or an environment variable) names an installed copy: include/duckdb.h (or duckdb.h)
# beside lib/libduckdb.so or the static libraries; else the static libraries that scripts/bootstrap fetched.
set(_roots "")
foreach(root IN ITEMS "${DuckDB_ROOT}" "$ENV{DuckDB_ROOT}")
  if(root)
    list(APPEND _roots "${root}")
  endif()
endforeach()
list(APPEND _roots "${POND_DEPS_DIR}/duckdb")

find_path(DUCKDB_INCLUDE duckdb.h PATHS ${_roots} PATH_SUFFIXES include NO_DEFAULT_PATH)
mark_as_advanced(DUCKDB_INCLUDE)

set(PondDuckDB_FOUND FALSE)
foreach(root IN LISTS _roots)
  file(GLOB _static "${root}/lib/libduckdb_static.a" "${root}/libduckdb_static.a")
  file(GLOB _shared "${root}/lib/libduckdb.so" "${root}/libduckdb.so")
  if(_static)
    list(GET _static 0 _static)
    get_filename_component(_dir "${_static}" DIRECTORY)
    # The archives refer to each other in both directions, hence the group. The sample-data generators are
    # linked too, since the generated extension loader names them.
    file(GLOB _archives "${_dir}/libduckdb_*.a" "${_dir}/lib*_extension.a")
    if(NOT TARGET DuckDB::duckdb)
      find_package(Threads REQUIRED)
      add_library(DuckDB::duckdb INTERFACE IMPORTED)
      set_target_properties(DuckDB::duckdb PROPERTIES
        INTERFACE_INCLUDE_DIRECTORIES "${DUCKDB_INCLUDE}"
        INTERFACE_COMPILE_DEFINITIONS DUCKDB_STATIC_BUILD
        INTERFACE_LINK_LIBRARIES
          "-Wl,--start-group;${_archives};-Wl,--end-group;Threads::Threads;${CMAKE_DL_LIBS};m")
    endif()
    set(PondDuckDB_FOUND TRUE)
    break()
  elseif(_shared)
    list(GET _shared 0 _shared)
    if(NOT TARGET DuckDB::duckdb)
      add_library(DuckDB::duckdb SHARED IMPORTED)
      set_target_properties(DuckDB::duckdb PROPERTIES
        IMPORTED_LOCATION "${_shared}" INTERFACE_INCLUDE_DIRECTORIES "${DUCKDB_INCLUDE}")
    endif()
    set(PondDuckDB_FOUND TRUE)
    break()
  endif()
endforeach()
if(NOT DUCKDB_INCLUDE)
  set(PondDuckDB_FOUND FALSE)
endif()
if(PondDuckDB_FOUND AND NOT PondDuckDB_FIND_QUIETLY)
  message(STATUS "DuckDB: ${DUCKDB_INCLUDE}")
endif()
