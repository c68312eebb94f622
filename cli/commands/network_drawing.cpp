#include "cli/commands/network_drawing.h"

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/input_file.h"
#include "base/temporary_folder.h"

namespace kirchhoff::cli {
namespace {

constexpr std::size_t kLargestSvg = std::size_t{1} << 26;

/// Runs a program of $PATH to its end.
void run(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int error =
      ::posix_spawnp(&child, arguments.front(), nullptr, nullptr, arguments.data(), environ);
  if (error != 0) {
    throw RunError(fmt::format("{}: {}; Debian's package graphviz has it", words.front(),
                               std::strerror(error)));
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw RunError(fmt::format("{}: failed; --dot writes what it was given", words.front()));
}

}  // namespace

std::string network_drawing(const quant::Graph& graph) {
  std::string out = fmt::format(
      "digraph \"{}\" {{\n  node [shape=box, fontname=\"sans-serif\", fontsize=10];\n"
      "  edge [fontname=\"sans-serif\", fontsize=9];\n  \"image\" [shape=plain];\n",
      graph.name());
  for (const quant::NodeId n : graph.nodes().ids()) {
    const quant::Node& node = graph.nodes()[n];
    out += fmt::format("  \"{}\" [label=\"{}\\n{}\"];\n", node.name, node.name, node.op->kind());
    for (const quant::ValueId input : node.inputs)
      out += fmt::format("  \"{}\" -> \"{}\" [label=\"{}\"];\n", graph.name_of(input), node.name,
                         graph.shape(input).to_string());
  }
  return out + "}\n";
}

std::string network_svg(const quant::Graph& graph) {
  const TemporaryFolder folder;
  const std::string dot = folder.file("network.dot"), svg = folder.file("network.svg");
  write_file_atomically(dot, network_drawing(graph));
  run({"dot", "-Tsvg", "-o", svg, dot});
  return file_bytes(svg, kLargestSvg);
}

}  // namespace kirchhoff::cli
