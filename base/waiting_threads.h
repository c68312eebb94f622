#pragma once

namespace kirchhoff {

/// Makes OpenMP's threads that wait for each other give up the processor instead of spinning: on a
/// machine that does other work, too, spinning takes a multiple of the time (a training
/// step beside a build: four times).
///
/// The runtime reads its settings when it is loaded, before main(). So a program whose environment
/// does not say how to wait says it and starts itself anew; for the first lines of main(). Where
/// that cannot be done, everything stays as it is.
void let_waiting_threads_sleep(char** arguments);

}  // namespace kirchhoff
