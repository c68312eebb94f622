#pragma once

namespace kirchhoff::cli {

/// Ctrl-C and SIGTERM ask long work to stop cleanly (base/stop_request.h); a second one ends the
/// program at once, and so do ten seconds without an answer.
void install_interrupt_handler();

/// The exit code of a program that was asked to stop: 128 and the number of the signal, as a shell
/// has it for a program that a signal ended. 130 for Ctrl-C, 143 for SIGTERM.
int stopped_exit_code();

}  // namespace kirchhoff::cli
