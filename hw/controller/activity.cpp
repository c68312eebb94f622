#include "hw/controller/activity.h"

namespace kirchhoff::hw {

const char* name_of(Activity activity) {
  static constexpr const char* kNames[kActivities] = {
      "idle",        "multiply",          "edram",           "bus",
      "sfu",         "wait_edram",        "wait_bus",        "wait_input",
      "wait_slot",   "wait_completion",   "wait_fetch",      "wait_products",
      "wait_output", "wait_space",        "wait_sums",       "wait_partials",
      "wait_credit", "wait_branch",       "wait_next_layer", "wait_network",
      "noc_latency", "noc_serialisation", "noc_contention",  "wait_receive"};
  return kNames[static_cast<std::size_t>(activity)];
}

bool is_service(Activity activity) {
  return activity >= Activity::kMultiply && activity <= Activity::kSfu;
}

}  // namespace kirchhoff::hw
