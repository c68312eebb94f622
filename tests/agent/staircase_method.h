#pragma once

#include <cstdint>
#include <istream>
#include <memory>
#include <ostream>
#include <string>

#include "agent/search_methods.h"
#include "base/binary_stream.h"

namespace kirchhoff::agent {

/// A method that somebody else wrote: it knows the headers of `agent` and no other file knows it.
/// Takes bits away from one slot after the other, `stride` at a time.
struct StaircaseOptions final : OptionGroupOf<StaircaseOptions> {
  int stride = 1;

  std::string name() const override { return "staircase"; }
  std::string section() const override { return "Staircase"; }
  void visit(OptionVisitor& visitor) override {
    visitor.integer("staircase.stride", stride, 1, 6, "bits that a step takes away");
  }
};

class Staircase final : public SearchMethod {
 public:
  Staircase(const PolicySpace& space, const StaircaseOptions& options)
      : slots_(space.slots().size()), stride_(options.stride) {}

  std::optional<Proposal> propose() override {
    Actions actions(slots_, kActions - 1);
    std::int64_t steps = episode_;
    for (const SlotId s : actions.ids()) {
      while (steps > 0 && actions[s] >= stride_) {
        actions[s] -= stride_;
        --steps;
      }
    }
    if (steps > 0) return std::nullopt;
    return Proposal{actions, false, {}, 0};
  }
  std::string observe(const Proposal&, const Outcome&) override {
    ++episode_;
    return {};
  }
  void save(std::ostream& out) const override { write_value(out, episode_); }
  void load(std::istream& in) override { episode_ = read_value<std::int64_t>(in); }

 private:
  const int slots_;
  const int stride_;
  std::int64_t episode_ = 0;
};

inline SearchMethodType staircase_method() {
  SearchMethodType type;
  type.name = "staircase";
  type.summary = "takes bits away from one slot after the other";
  type.chance = false;
  type.options = {std::make_shared<StaircaseOptions>()};
  type.make = [](const MethodSetup& setup) {
    return std::make_unique<Staircase>(setup.environment.space(),
                                       setup.options.of<StaircaseOptions>());
  };
  return type;
}

}  // namespace kirchhoff::agent
