# cmake --install: the program, its presets and models, and a package for find_package(kirchhoff).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(libraries kirchhoff_build kirchhoff_base kirchhoff_traces kirchhoff_quant kirchhoff_import kirchhoff_torch kirchhoff_training
  kirchhoff_mapping kirchhoff_hw_config kirchhoff_hw kirchhoff_sim kirchhoff_agent kirchhoff_evolution kirchhoff_cosim)
foreach(library IN LISTS libraries)
  string(REPLACE "kirchhoff_" "" short "${library}")
  set_target_properties(${library} PROPERTIES EXPORT_NAME ${short})
endforeach()
install(TARGETS ${libraries} EXPORT kirchhoffTargets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  COMPONENT development)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/kirchhoff")
install(EXPORT kirchhoffTargets NAMESPACE kirchhoff:: DESTINATION "${package_dir}" COMPONENT development)
set(KIRCHHOFF_SHARE_DIR "${CMAKE_INSTALL_DATADIR}/kirchhoff")
configure_package_config_file(cmake/kirchhoffConfig.cmake.in "${PROJECT_BINARY_DIR}/kirchhoffConfig.cmake"
  INSTALL_DESTINATION "${package_dir}" PATH_VARS KIRCHHOFF_SHARE_DIR)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/kirchhoffConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/kirchhoffConfig.cmake" "${PROJECT_BINARY_DIR}/kirchhoffConfigVersion.cmake"
  cmake/FindSystemC.cmake cmake/FindCbc.cmake cmake/FindSleef.cmake cmake/FindOnnx.cmake DESTINATION "${package_dir}" COMPONENT development)

# Headers include each other by their folders, so these keep their places under include/kirchhoff. LibTorch is kept out of
# all of them but two, which sources of quant/torch share and which stay at home.
foreach(folder base traces quant mapping hw sim agent cosim)
  install(DIRECTORY ${folder} DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/kirchhoff" COMPONENT development FILES_MATCHING PATTERN "*.h"
    PATTERN "portable_tensors.h" EXCLUDE PATTERN "device_stage.h" EXCLUDE)
endforeach()
