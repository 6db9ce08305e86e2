# pond_add_layer_folder(<layer>)
#   Enters src/<layer>; a layer without a CMakeLists.txt or without sources is left out.
function(pond_add_layer_folder layer)
  set(dir "${PROJECT_SOURCE_DIR}/src/${layer}")
  set_property(DIRECTORY "${PROJECT_SOURCE_DIR}" APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${dir}")
  if(EXISTS "${dir}/CMakeLists.txt")
    add_subdirectory("${dir}" "${PROJECT_BINARY_DIR}/src/${layer}")
  endif()
endfunction()

# pond_layer(<name> [DEPS <layer>...] [LIBS <library>...])
#   The static library pond_<name> of src/<name>/**/*.cc. DEPS are lower layers; one that does not exist yet is
#   skipped with a note. LIBS are third-party targets. Both are public: a layer's users link what it needs.
function(pond_layer name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DEPS;LIBS")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/${name}/*.cc")
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$")
  if(NOT sources)
    return()
  endif()
  set(deps "")
  foreach(dep IN LISTS arg_DEPS)
    if(TARGET pond_${dep})
      list(APPEND deps pond_${dep})
    else()
      message(STATUS "Layer ${name}: no layer ${dep} yet")
    endif()
  endforeach()
  add_library(pond_${name} STATIC ${sources})
  target_include_directories(pond_${name} PUBLIC
    "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(pond_${name} PUBLIC ${deps} ${arg_LIBS} PRIVATE pond_warnings)
endfunction()

# pond_program(<name> SOURCES <file>... [LAYERS <layer>...] [LIBS <library>...])
#   An executable of ours. With the wheel's Arrow its libraries are found beside it (installed: in lib/pond).
function(pond_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LAYERS;LIBS")
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src")
  foreach(layer IN LISTS arg_LAYERS)
    if(TARGET pond_${layer})
      target_link_libraries(${name} PRIVATE pond_${layer})
    endif()
  endforeach()
  target_link_libraries(${name} PRIVATE ${arg_LIBS} pond_warnings)
  set_target_properties(${name} PROPERTIES INSTALL_RPATH "$ORIGIN/../lib/pond")
endfunction()

# pond_embed(<target> <namespace> ROOT <dir> FILES <file>... [ROOT <dir> FILES <file>...]...)
#   Compiles files into <target> as a table in <namespace>, found by their names below ROOT:
#     #include "<namespace with :: as _>.h"      // generated
#     std::optional<std::string_view> <namespace>::find(std::string_view name);
#     std::span<const File> <namespace>::files();   // each {name, content}, sorted by name
function(pond_embed target namespace)
  set(manifest "")
  set(inputs "")
  set(root "")
  set(mode "")
  foreach(word IN LISTS ARGN)
    if(word STREQUAL "ROOT" OR word STREQUAL "FILES")
      set(mode ${word})
    elseif(mode STREQUAL "ROOT")
      get_filename_component(root "${word}" ABSOLUTE)
    elseif(mode STREQUAL "FILES")
      get_filename_component(path "${word}" ABSOLUTE BASE_DIR "${root}")
      file(RELATIVE_PATH name "${root}" "${path}")
      string(APPEND manifest "${name}\t${path}\n")
      list(APPEND inputs "${path}")
    endif()
  endforeach()
  string(REPLACE "::" "_" stem "${namespace}")
  set(out "${CMAKE_CURRENT_BINARY_DIR}/embed")
  file(GENERATE OUTPUT "${out}/${stem}.manifest" CONTENT "${manifest}")
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  add_custom_command(
    OUTPUT "${out}/${stem}.cc" "${out}/${stem}.h"
    COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/cmake/embed.py"
            --namespace "${namespace}" --stem "${stem}" --out "${out}" "${out}/${stem}.manifest"
    DEPENDS "${PROJECT_SOURCE_DIR}/cmake/embed.py" "${out}/${stem}.manifest" ${inputs}
    COMMENT "Embedding files as ${namespace}"
    VERBATIM)
  target_sources(${target} PRIVATE "${out}/${stem}.cc" "${out}/${stem}.h")
  target_include_directories(${target} PRIVATE "${out}")
endfunction()

# The benchmarks: each bench/*.cc is a program of its own over the whole library.
function(pond_benchmarks)
  find_package(benchmark REQUIRED)
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/bench/*.cc")
  foreach(source IN LISTS sources)
    get_filename_component(name "${source}" NAME_WE)
    pond_program(bench_${name} SOURCES "${source}"
      LAYERS site remote collect factory query tinylogfs oplog delta tinyfs http base
      LIBS benchmark::benchmark)
    set_target_properties(bench_${name} PROPERTIES
      OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bench")
  endforeach()
endfunction()
