#pragma once

namespace kirchhoff::report {

/// Figures as Zheng et al. print them ("PPO-Based Automated Quantization for ReRAM-Based Hardware
/// Accelerator"). HAQ is their DDPG.

/// A row of their Table 5.
struct PublishedCosts {
  const char* network;
  const char* dataset;
  double th;
  const char* method;
  double accuracy_pct, latency_ms, energy_mj, power_w, cost_pct;
};
inline constexpr PublishedCosts kPublishedCosts[] = {
    {"lenet5", "mnist", 1.0, "W8A8", 98.11, 0.16, 0.0023, 0.80, 100.0},
    {"lenet5", "mnist", 0.7, "HAQ", 95.55, 0.15, 0.0016, 0.34, 68.61},
    {"lenet5", "mnist", 0.7, "PPO", 95.13, 0.15, 0.0016, 0.32, 67.78},
    {"lenet5", "mnist", 0.8, "HAQ", 96.66, 0.15, 0.0017, 0.55, 78.80},
    {"lenet5", "mnist", 0.8, "PPO", 96.63, 0.15, 0.0017, 0.53, 77.97},
    {"vgg13", "cifar10", 1.0, "W8A8", 92.66, 6.11, 6.67, 139.78, 100.0},
    {"vgg13", "cifar10", 0.7, "HAQ", 92.49, 4.49, 3.38, 114.39, 68.67},
    {"vgg13", "cifar10", 0.7, "PPO", 92.27, 4.75, 2.99, 116.01, 68.52},
    {"vgg13", "cifar10", 0.8, "HAQ", 92.60, 4.83, 4.30, 126.65, 78.00},
    // Its cost fits the other three if the energy is 3.74.
    {"vgg13", "cifar10", 0.8, "PPO", 92.64, 4.99, 3.54, 116.91, 73.79}};

/// With their Figs. 9 and 11: mean weight bits of the best policy, and how many of 300 episodes had
/// to be lowered to th. Negative: not printed.
struct PublishedBits {
  const char* network;
  const char* dataset;
  double th;
  const char* method;
  double mean_weight_bits, lowered_episodes;
};
inline constexpr PublishedBits kPublishedBits[] = {{"vgg13", "cifar10", 0.7, "HAQ", 6.38, -1.0},
                                                   {"vgg13", "cifar10", 0.7, "PPO", 6.0, 0.0},
                                                   {"vgg13", "cifar10", 0.8, "HAQ", -1.0, 131.0}};

/// Their Table 6: a search of 300 episodes.
inline constexpr double kPublishedHoursDdpg = 18.0, kPublishedHoursPpo = 8.0;
/// A call of their simulator.
inline constexpr double kPublishedCallSeconds = 81.0;

/// A row of their Table 8, or a measured macro beside it (docs/presets.md has the sources), which
/// has no chip around it. Peaks of a design are of no network.
struct PublishedEfficiency {
  const char* design;
  const char* adc;
  double gops_per_watt;
  const char *network = nullptr, *dataset = nullptr;
  const char* from = "paper's Table 8";
};
inline constexpr const char* kMeasuredMacro = "measured macro";
inline constexpr PublishedEfficiency kPublishedEfficiency[] = {
    {"ISAAC", "8 bit", 627.5},
    {"PipeLayer", "none", 142.9},
    {"Cai et al.", "4 bit", 301.7},
    {"Zheng et al., vgg13 at th 0.7", "8 bit", 454.8, "vgg13", "cifar10"},
    {"NeuRRAM, 130 nm, 4-bit weights, 8-bit inputs", "10 bit", 6437, nullptr, nullptr,
     kMeasuredMacro},
    {"Xue et al., 22 nm, W8A8", "14-bit outputs", 11910, nullptr, nullptr, kMeasuredMacro},
    {"Hung et al., 22 nm, W8A8", "3 bit", 21600, nullptr, nullptr, kMeasuredMacro},
    {"Yao et al., 28 nm, W4A4", "8 bit", 39300, nullptr, nullptr, kMeasuredMacro},
    {"Wen et al., 28 nm, W8A8", "4 bit", 27200, nullptr, nullptr, kMeasuredMacro}};

}  // namespace kirchhoff::report
