#include "cli/options/description.h"

#include <utility>

namespace kirchhoff::cli {
namespace {

std::function<void(const CommandDescription&)>& present() {
  static std::function<void(const CommandDescription&)> listener;
  return listener;
}

}  // namespace

DescribeCommands::DescribeCommands(std::function<void(const CommandDescription&)> listener) {
  present() = std::move(listener);
}

DescribeCommands::~DescribeCommands() { present() = nullptr; }

const std::function<void(const CommandDescription&)>* DescribeCommands::listener() {
  return present() ? &present() : nullptr;
}

}  // namespace kirchhoff::cli
