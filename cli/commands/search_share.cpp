#include "cli/commands/search_share.h"

#include <algorithm>
#include <array>
#include <fstream>

namespace kirchhoff::cli {

double SearchShare::now() {
  constexpr double kSearching = 0.9;
  std::ifstream stream(log_, std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(read_));
  std::array<char, 65536> piece;
  while (stream.read(piece.data(), piece.size()), stream.gcount() > 0) {
    read_ += static_cast<std::uint64_t>(stream.gcount());
    lines_ += std::count(piece.data(), piece.data() + stream.gcount(), '\n');
  }
  // The first line names the columns.
  const double done = static_cast<double>(std::max<std::int64_t>(lines_ - 1, 0)) /
                      static_cast<double>(std::max<std::int64_t>(episodes_, 1));
  return kSearching * std::min(done, 1.0);
}

}  // namespace kirchhoff::cli
