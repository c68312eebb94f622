#pragma once

namespace kirchhoff::cli {

/// Ctrl-C and SIGTERM ask long work to stop cleanly; a second one ends the program at once.
void install_interrupt_handler();
/// True once a stop was asked for.
bool stop_requested();

}  // namespace kirchhoff::cli
