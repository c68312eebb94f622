#pragma once

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cosim/evaluator.h"

namespace kirchhoff::cli {

/// A line that a client of `kirchhoff serve` sends, as it stands there.
struct ServeRequest {
  std::vector<std::string> wants = {"cost", "accuracy"};
  nlohmann::json policy;  ///< null when there is none
  Split split = Split::kValidation;
  /// Keys that differ from the program's chip, with what a flag of the command line would say.
  std::map<std::string, std::string> hardware;
};

/// InputError naming the key, what was found and what is allowed.
ServeRequest parse_serve_request(const nlohmann::json& request);

/// The value of "id" in the text of a JSON object, byte for byte: a number may have more digits
/// than any type of ours. "null" when there is none.
std::string id_in(const std::string& object);

}  // namespace kirchhoff::cli
