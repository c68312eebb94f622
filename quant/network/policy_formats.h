#pragma once

#include <string>
#include <vector>

#include "quant/network/network.h"
#include "quant/network/policy.h"

namespace kirchhoff::quant {

/// Reads the text of a policy's file, which tells its form by how it begins:
///
/// - what the command line takes: "W6A4", "8/8,5/7,…";
/// - JSON: {"network": …, "layers": […]} (parse_policy_json);
/// - a list as JSON or Python write it, [[8, 8], [5, 7], …] or [(8, 8), …], and one of weight bits
///   alone, [8, 5, …]: all activations have 8 bits then;
/// - what HAQ's repository prints, "best policy: [[8, -1], …]" (the last one of a log). -1 of a
///   layer that reads the image stands for the 8 bits that the image has;
/// - comma-separated values under a line "layer,weight,activation", a line per layer with weights,
///   in the network's order.
///
/// InputError naming `where`, line or entry, layer, what was found and what is allowed.
Policy parse_policy_file(const std::string& text, const std::string& where, const Network& network);

/// The forms of a policy that fit in a line, "W6A4" and "8/8,5/7,…": whether a text is meant as
/// one, and what it says. Messages begin with `where`.
bool is_policy_line(const std::string& text);
Policy parse_policy_line(const std::string& text, const std::string& where, const Network& network);

/// The policy of these widths of the layers with weights. InputError, beginning with `where`, when
/// there are more or fewer, and where layers that read one map want different widths.
Policy policy_of_bits(const Network& network, const std::vector<LayerBits>& bits,
                      const std::string& where);

/// Width of the image's values.
inline constexpr int kImageBits = 8;
/// What HAQ has in its place for a layer that reads the image, which it does not quantise.
inline constexpr int kUnquantised = -1;
bool reads_image(const Layer& layer);

/// Comma-separated values, which parse_policy_file() reads.
std::string policy_csv(const Policy& policy, const Network& network);

/// One line "[[8, -1], [5, 7], …]" as HAQ has it: -1 where a layer reads the image with 8 bits.
std::string policy_haq(const Policy& policy, const Network& network);

}  // namespace kirchhoff::quant
