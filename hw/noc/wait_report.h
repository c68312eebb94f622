#pragma once

#include <string>
#include <vector>

namespace kirchhoff::hw {

/// A packet that waits.
struct Wait {
  std::string packet;  ///< Packet::describe()
  std::string where;   ///< "router 3, input west, virtual channel 1"
  std::string what;    ///< "waits for room in router 4"
  int transit = -1;    ///< its number in the fabric; -1: still in a send queue
  int on = -1;         ///< a packet that stands in its way; -1: not a packet
};

/// One line per packet, and a line that names a cycle of packets of which each waits for the next,
/// if there is one.
std::vector<std::string> wait_report(const std::vector<Wait>& waits);

}  // namespace kirchhoff::hw
