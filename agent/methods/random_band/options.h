#pragma once

#include <string>

#include "agent/option_group.h"

namespace kirchhoff::agent {

struct RandomBandOptions final : OptionGroupOf<RandomBandOptions> {
  double width = 0.04;  ///< of cost below the threshold

  std::string name() const override { return "random-band"; }
  std::string section() const override { return "Other methods"; }
  void visit(OptionVisitor& visitor) override {
    visitor.number("random-band.width", width, 0.0001, 1.0,
                   "costs from th less this up to th are drawn");
  }
};

}  // namespace kirchhoff::agent
