# Finds CBC's solver and its C interface (Debian: coinor-libcbc-dev) and defines the imported target Cbc::cbc.
find_path(CBC_INCLUDE_DIR coin/Cbc_C_Interface.h)
find_library(CBC_SOLVER_LIBRARY CbcSolver)
find_library(CBC_LIBRARY Cbc)
mark_as_advanced(CBC_INCLUDE_DIR CBC_SOLVER_LIBRARY CBC_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Cbc REQUIRED_VARS CBC_SOLVER_LIBRARY CBC_LIBRARY CBC_INCLUDE_DIR)
if(Cbc_FOUND AND NOT TARGET Cbc::cbc)
  add_library(Cbc::cbc UNKNOWN IMPORTED)
  set_target_properties(Cbc::cbc PROPERTIES
    IMPORTED_LOCATION "${CBC_SOLVER_LIBRARY}" INTERFACE_LINK_LIBRARIES "${CBC_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${CBC_INCLUDE_DIR}")
endif()
