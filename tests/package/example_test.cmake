# Installs the build into a scratch folder, moves that, builds the example against it and runs it.
function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${ARGV}: ${status}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE "${SCRATCH}")
run(${CMAKE_COMMAND} --install "${BUILD}" --prefix "${SCRATCH}/first")
# An installation must not know where it was put.
file(RENAME "${SCRATCH}/first" "${SCRATCH}/moved")
run(${CMAKE_COMMAND} -S "${SOURCE}/docs/examples/evaluate_policy" -B "${SCRATCH}/build"
  -DCMAKE_BUILD_TYPE=${CONFIG} "-DCMAKE_PREFIX_PATH=${SCRATCH}/moved")
run(${CMAKE_COMMAND} --build "${SCRATCH}/build")
run("${SCRATCH}/build/evaluate_policy" "8/8,6/4,5/4,6/6,8/8")
if(NOT output MATCHES "latency [0-9]+ ns, energy [0-9]+ pJ, cost 0\\.[0-9]+ of W8A8\naccuracy [0-9]+\\.[0-9]+ % \\(W8A8 92\\.70 %\\)")
  message(FATAL_ERROR "unexpected output of the example:\n${output}")
endif()
# The installed program finds its presets and models, too, and counts the same.
run("${SCRATCH}/moved/bin/kirchhoff" simulate --preset table4 --policy "8/8,6/4,5/4,6/6,8/8")
# So does the Python package, where there is one, with a chip in a worker beside that of the process.
if(PYTHON)
  file(GLOB package "${SCRATCH}/moved/lib/python3*/*-packages")
  run(${CMAKE_COMMAND} -E env --unset=PYTHONHOME "PYTHONPATH=${package}" "${PYTHON}" -B -c "import kirchhoff as k
chips = [k.Chip(name, images=100) for name in ('table4', 'isaac')]
print([chip.process for chip in chips], all(0 < chip.cost('W6A4').cost_ratio < 1 for chip in chips))
print(k.Search('nsga2', 0.8, images=100, episodes=12, race_images=0).run().policy)")
  if(NOT output MATCHES "\\['here', 'worker'\\] True\n8/8,[0-9/,]+,8/8\n")
    message(FATAL_ERROR "unexpected output of Python:\n${output}")
  endif()
endif()
file(REMOVE_RECURSE "${SCRATCH}")
