#pragma once

#include <string>
#include <vector>

#include "cli/options/hardware_options.h"
#include "report/sweep.h"

namespace kirchhoff::cli {

/// An axis with its values as they were given, each once.
struct SweptAxis {
  report::SweepAxis axis;
  std::vector<std::string> values;
};

/// Reads texts such as "adc.bits=4..8", "crossbar.rows+crossbar.cols=64,128", "crossbar.size=64",
/// "preset=table4,isaac", "mapping.replicate=4,2,1;balance". `hardware` is what they vary.
/// InputError "--key TEXT: …" when a key is unknown, given elsewhere too, or does not take a value
/// by itself.
std::vector<SweptAxis> parse_axes(const std::vector<std::string>& texts,
                                  const HardwareOptions& hardware);

/// The cross product, networks first, the last axis fastest. InputError when it has more points
/// than anybody waits for.
std::vector<report::SweepPoint> plan_points(const std::vector<std::string>& networks,
                                            const std::vector<std::string>& policies,
                                            const std::vector<SweptAxis>& axes);

/// The preset of a point, empty if it is no axis, and its keys with their values.
std::string preset_of(const report::SweepPoint& point);
std::vector<std::pair<std::string, std::string>> keys_of(const report::SweepPoint& point,
                                                         const std::vector<SweptAxis>& axes);

}  // namespace kirchhoff::cli
