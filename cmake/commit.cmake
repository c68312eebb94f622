# Writes FILE, which names the commit of the checkout SOURCE, unless it says so already: run at every build.
find_package(Git QUIET)
set(commit unknown)
if(Git_FOUND AND EXISTS "${SOURCE}/.git")
  # The checkout may belong to somebody else, as when root builds it.
  execute_process(COMMAND "${GIT_EXECUTABLE}" -c "safe.directory=${SOURCE}" describe --always --dirty --abbrev=9 --exclude=*
    WORKING_DIRECTORY "${SOURCE}" OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE status)
  if(status EQUAL 0)
    set(commit "${described}")
  endif()
endif()
file(CONFIGURE OUTPUT "${FILE}" CONTENT "static constexpr char kBuildCommit[] = \"@commit@\";\n" @ONLY)
