#include "agent/search/checkpoint.h"

#include <sstream>

#include <fmt/format.h>

#include "base/binary_stream.h"
#include "base/digest.h"
#include "base/input_file.h"

namespace kirchhoff::agent {
namespace {

// The number grows with every change of the format.
const std::string kMagic = "kirchhoff search checkpoint 3\n";
/// A search of 100,000 episodes leaves 50 MB.
constexpr std::size_t kMaxCheckpointBytes = std::size_t{1} << 32;

std::uint64_t digest(const std::string& bytes) {
  Digest digest;
  digest.add(bytes.data(), bytes.size());
  return digest.value();
}

void write_best(std::ostream& out, const BestEpisode& best) {
  write_value(out, best.episode);
  write_vector(out, best.policy.layers.items());
  write_value(out, best.cost);
  write_value(out, best.score);
}

BestEpisode read_best(std::istream& in) {
  BestEpisode best;
  best.episode = read_value<std::int64_t>(in);
  best.policy.layers =
      IndexedVector<quant::LayerId, quant::LayerBits>(read_vector<quant::LayerBits>(in));
  best.cost = read_value<Cost>(in);
  best.score = read_value<Score>(in);
  return best;
}

Checkpoint read_body(std::istream& in) {
  Checkpoint checkpoint;
  checkpoint.episodes = read_value<std::int64_t>(in);
  checkpoint.feasible_episodes = read_value<std::int64_t>(in);
  checkpoint.top.resize(read_count(in));
  for (BestEpisode& best : checkpoint.top) best = read_best(in);
  checkpoint.method = read_string(in);
  checkpoint.environment = read_string(in);
  checkpoint.episode_rows = read_value<CsvLog::Mark>(in);
  checkpoint.update_rows = read_value<CsvLog::Mark>(in);
  checkpoint.search_used = read_optional<Evaluations>(in);
  checkpoint.method_s = read_value<double>(in);
  checkpoint.wall_s = read_value<double>(in);
  return checkpoint;
}

}  // namespace

std::string checkpoint_bytes(const Checkpoint& checkpoint) {
  std::ostringstream body;
  write_value(body, checkpoint.episodes);
  write_value(body, checkpoint.feasible_episodes);
  write_value(body, static_cast<std::uint64_t>(checkpoint.top.size()));
  for (const BestEpisode& best : checkpoint.top) write_best(body, best);
  write_string(body, checkpoint.method);
  write_string(body, checkpoint.environment);
  write_value(body, checkpoint.episode_rows);
  write_value(body, checkpoint.update_rows);
  write_optional(body, checkpoint.search_used);
  write_value(body, checkpoint.method_s);
  write_value(body, checkpoint.wall_s);

  std::ostringstream file;
  file << kMagic;
  write_value(file, digest(body.str()));
  write_string(file, body.str());
  return file.str();
}

Checkpoint load_checkpoint(const std::string& path) {
  std::istringstream in(file_bytes(path, kMaxCheckpointBytes));
  std::string magic(kMagic.size(), '\0');
  in.read(magic.data(), static_cast<std::streamsize>(magic.size()));
  if (magic != kMagic) {
    throw InputError(fmt::format("{}: is not a search checkpoint of this version", path));
  }
  try {
    const auto expected = read_value<std::uint64_t>(in);
    const std::string body = read_string(in);
    if (digest(body) != expected || in.peek() != std::istream::traits_type::eof()) {
      throw InputError("its contents have been changed");
    }
    std::istringstream stream(body);
    return read_body(stream);
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}: broken checkpoint: {}", path, error.what()));
  }
}

}  // namespace kirchhoff::agent
