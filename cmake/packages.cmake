# cpack -G DEB, in the build folder: packages for Debian, of the program, of what other programs link, and of Python.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "The Kirchhoff developers" CACHE STRING "Maintainer that the packages name")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SECTION science)

# What programs link is found by dpkg-shlibdeps, which CPack asks about the files that `file` calls executables.
find_program(DPKG_SHLIBDEPS dpkg-shlibdeps)
find_program(FILE_PROGRAM file)
set(find_libraries OFF)
if(DPKG_SHLIBDEPS AND FILE_PROGRAM)
  set(find_libraries ON)
endif()

# kirchhoff_package(COMPONENT package "what it is" DEPENDS packages…)
set(CPACK_COMPONENTS_ALL "")
function(kirchhoff_package component package what)
  cmake_parse_arguments(ARG "" "" DEPENDS ${ARGN})
  string(TOUPPER "${component}" key)
  list(JOIN ARG_DEPENDS ", " depends)
  list(APPEND CPACK_COMPONENTS_ALL ${component})
  set(CPACK_COMPONENTS_ALL "${CPACK_COMPONENTS_ALL}" PARENT_SCOPE)
  set(CPACK_DEBIAN_${key}_PACKAGE_NAME ${package} PARENT_SCOPE)
  set(CPACK_DEBIAN_${key}_PACKAGE_DEPENDS "${depends}" PARENT_SCOPE)
  set(CPACK_DEBIAN_${key}_PACKAGE_SHLIBDEPS ${find_libraries} PARENT_SCOPE)
  set(CPACK_COMPONENT_${key}_DESCRIPTION "${PROJECT_DESCRIPTION}\n${what}" PARENT_SCOPE)
  install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "share/doc/${package}" RENAME copyright
    COMPONENT ${component} EXCLUDE_FROM_ALL)
endfunction()

kirchhoff_package(program kirchhoff "The program, its presets and trained models.")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS dataset-fashion-mnist)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SUGGESTS "gtkwave, graphviz, gnuplot-nox")

set(same_version "kirchhoff (= ${PROJECT_VERSION})")
# What kirchhoffConfig.cmake looks for, and what its headers include.
kirchhoff_package(development kirchhoff-dev "Libraries and headers, for find_package(kirchhoff)." DEPENDS "${same_version}"
  libsystemc-dev libeigen3-dev libtorch-dev libsleef-dev libarchive-dev libboost-context-dev libboost-program-options-dev
  coinor-libcbc-dev libpagmo-dev libfmt-dev nlohmann-json3-dev zlib1g-dev libonnx-dev libprotobuf-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)

if(KIRCHHOFF_HAS_PYTHON)
  set(version "${KIRCHHOFF_PYTHON_VERSION}")
  string(REGEX REPLACE "^([0-9]+)\\..*" "\\1" major "${version}")
  string(REGEX REPLACE "^[0-9]+\\." "" minor "${version}")
  math(EXPR next "${minor} + 1")
  kirchhoff_package(debian_python python3-kirchhoff "The Python package." DEPENDS "${same_version}" python3-numpy
    "python3 (>= ${version})" "python3 (<< ${major}.${next})")
  set(CPACK_DEBIAN_DEBIAN_PYTHON_PACKAGE_SECTION python)
endif()
include(CPack)
