#pragma once

#include <string>

#include <fmt/format.h>

#include "agent/option_group.h"
#include "base/error.h"

namespace kirchhoff::agent {

struct Nsga2Options final : OptionGroupOf<Nsga2Options> {
  int population = 20;
  double crossover = 0.95;  ///< probability that two parents are mixed
  double mutation = 0.0;    ///< probability per slot; 0 = one slot per policy on average

  std::string name() const override { return "nsga2"; }
  std::string section() const override { return "Other methods"; }
  void visit(OptionVisitor& visitor) override {
    visitor.integer("nsga2.population", population, 8, 10000,
                    "policies of a generation, a multiple of 4");
    visitor.number("nsga2.crossover", crossover, 0.0, 0.999,
                   "probability that two parents are mixed");
    visitor.number("nsga2.mutation", mutation, 0.0, 1.0,
                   "probability that a slot is drawn anew; 0 = one slot per policy on average");
  }
  void check() const override {
    if (population % 4 == 0) return;
    throw InputError(fmt::format("nsga2.population = {}: must be a multiple of 4", population));
  }
};

}  // namespace kirchhoff::agent
