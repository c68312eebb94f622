#pragma once

namespace kirchhoff {

/// To be called when libraries have been loaded: where OpenBLAS is one of them (LibTorch computes
/// on it), ends the program with an error when the memory that it may map (ulimit -v, ulimit -d) is
/// too little for OpenBLAS, whose threads would try for their buffers for ever, and whose end would
/// wait for them. Otherwise takes these buffers under such a limit while there is room, so that
/// what does not fit later is an error of the command that needs it.
void require_address_space();

/// "", or what to add to a message about memory: the limit that the user has set.
const char* address_space_hint();

}  // namespace kirchhoff
