# Arrow::arrow, Arrow::compute, Arrow::acero, Arrow::dataset, Arrow::s3 and Arrow::parquet.
#
# An installed Arrow C++ 26 or later is taken when its CMake packages are found; else the headers and shared
# libraries of the pyarrow wheel that scripts/bootstrap unpacked. A wheel has no CMake package and no
# unversioned library names, so its targets are written out here. ARROW_WHEEL_ROOT names another copy.
set(POND_ARROW_MINIMUM 26)

find_package(Arrow ${POND_ARROW_MINIMUM} CONFIG QUIET)
if(Arrow_FOUND)
  find_package(Parquet CONFIG QUIET)
  find_package(ArrowCompute CONFIG QUIET)
  find_package(ArrowAcero CONFIG QUIET)
  find_package(ArrowDataset CONFIG QUIET)
endif()

if(Arrow_FOUND AND Parquet_FOUND AND ArrowCompute_FOUND)
  set(PondArrow_FOUND TRUE)
  foreach(pair IN ITEMS
      "arrow=Arrow::arrow_shared" "parquet=Parquet::parquet_shared"
      "compute=ArrowCompute::arrow_compute_shared" "acero=ArrowAcero::arrow_acero_shared"
      "dataset=ArrowDataset::arrow_dataset_shared" "s3=Arrow::arrow_shared")
    string(REPLACE "=" ";" pair "${pair}")
    list(GET pair 0 name)
    list(GET pair 1 theirs)
    if(TARGET ${theirs} AND NOT TARGET Arrow::${name})
      add_library(Arrow::${name} INTERFACE IMPORTED)
      set_target_properties(Arrow::${name} PROPERTIES INTERFACE_LINK_LIBRARIES ${theirs})
    endif()
  endforeach()
else()
  set(ARROW_WHEEL_ROOT "${POND_DEPS_DIR}/arrow" CACHE PATH "include/ and lib/ taken from a pyarrow wheel")
  find_path(ARROW_WHEEL_INCLUDE arrow/api.h PATHS "${ARROW_WHEEL_ROOT}/include" NO_DEFAULT_PATH)
  mark_as_advanced(ARROW_WHEEL_INCLUDE)
  set(POND_ARROW_LIB_DIR "${ARROW_WHEEL_ROOT}/lib")
  file(GLOB _arrow_library "${POND_ARROW_LIB_DIR}/libarrow.so.*")

  if(ARROW_WHEEL_INCLUDE AND _arrow_library)
    set(PondArrow_FOUND TRUE)
    string(REGEX REPLACE ".*libarrow\\.so\\." "" _so "${_arrow_library}")
    set(POND_ARROW_LIBRARIES)
    function(_pond_arrow_target name file)
      set(path "${POND_ARROW_LIB_DIR}/${file}.so.${_so}")
      if(NOT EXISTS "${path}" OR TARGET Arrow::${name})
        return()
      endif()
      add_library(Arrow::${name} SHARED IMPORTED)
      set_target_properties(Arrow::${name} PROPERTIES
        IMPORTED_LOCATION "${path}"
        IMPORTED_SONAME "${file}.so.${_so}"
        INTERFACE_INCLUDE_DIRECTORIES "${ARROW_WHEEL_INCLUDE}"
        INTERFACE_LINK_LIBRARIES "${ARGN}")
      list(APPEND POND_ARROW_LIBRARIES "${path}")
      set(POND_ARROW_LIBRARIES "${POND_ARROW_LIBRARIES}" PARENT_SCOPE)
    endfunction()
    _pond_arrow_target(arrow libarrow)
    _pond_arrow_target(parquet libparquet Arrow::arrow)
    _pond_arrow_target(compute libarrow_compute Arrow::arrow)
    _pond_arrow_target(acero libarrow_acero Arrow::compute Arrow::arrow)
    _pond_arrow_target(dataset libarrow_dataset Arrow::acero Arrow::parquet Arrow::compute Arrow::arrow)
    _pond_arrow_target(s3 libarrow_s3 Arrow::arrow)
  else()
    set(PondArrow_FOUND FALSE)
  endif()
endif()

if(PondArrow_FOUND AND NOT PondArrow_FIND_QUIETLY)
  if(Arrow_FOUND)
    message(STATUS "Arrow ${Arrow_VERSION}: installed")
  else()
    message(STATUS "Arrow: ${ARROW_WHEEL_INCLUDE}")
  endif()
endif()
