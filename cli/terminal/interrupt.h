#pragma once

namespace kirchhoff::cli {

/// Ctrl-C and SIGTERM ask long work to stop cleanly (base/stop_request.h); a second one ends the
/// program at once, and so do ten seconds without an answer.
void install_interrupt_handler();

}  // namespace kirchhoff::cli
