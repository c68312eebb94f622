#include "agent/search.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "agent/digest.h"
#include "cli/chip_cost_model.h"
#include "cli/command.h"
#include "cli/fine_tuning.h"
#include "cli/hardware_options.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/table_cost_model.h"
#include "cli/workload.h"
#include "quant/accuracy/accuracy_engine.h"
#include "quant/accuracy/accuracy_memo.h"
#include "quant/accuracy/accuracy_race.h"
#include "quant/quantizer/clip_cache.h"
#include "quant/training/threads.h"
#include "quant/training/trainer.h"
#include "traces/error.h"

namespace kirchhoff::cli {
namespace {

struct SearchArguments {
  WorkloadOptions workload;
  agent::SearchOptions search;
  std::size_t validation_images = 0, race_images = 1000;
  int threads = 0;
  std::string out, cost_table;
  bool resume = false;
  int finetune_epochs = 0;
};

void declare(Options& options, SearchArguments& a) {
  declare_workload_options(options, a.workload);
  agent::SearchOptions& s = a.search;
  options.section("Search");
  options.choice("method", s.method, agent::search_methods(), "how policies are chosen");
  options.number("th", s.reward.threshold, Range::positive(),
                 "largest cost that is allowed, as a ratio to W8A8");
  options.integer("episodes", s.episodes, 1, 10000000, "policies to try");
  options.integer<std::uint64_t>("seed", s.seed, 0, UINT64_MAX,
                                 "of everything that is left to chance");
  options.integer<std::size_t>("validation-images", a.validation_images, 0, 1000000,
                               "the first N images of the validation split; 0 = all");
  options.integer<std::size_t>(
      "race-images", a.race_images, 0, 1000000,
      "drop policies that on the first N images surely lose more than is rewarded; 0 = none");
  options.number("reward.scale", s.reward.scale, Range::positive(), "reward per percentage point");
  options.number("reward.max_loss_points", s.reward.max_loss_points, Range::at_least(0),
                 "loss of accuracy against W8A8 beyond which the reward is -1, in points");
  options.integer("threads", a.threads, 0, 1024, "threads that measure accuracy; 0 = one per core");
  options.text("cost-table", a.cost_table, "FILE",
               "take costs from this table (kirchhoff cost-table) instead of simulating");
  options.section("Run folder");
  options.integer("finetune", a.finetune_epochs, 0, 100000,
                  "epochs of fine-tuning to the best policy at the end; writes OUT/tuned.kmodel");
  options.text("out", a.out, "DIR",
               "folder of the run (default runs/NETWORK-DATASET-METHOD-thTH-seedSEED)");
  options.flag("resume", a.resume, "continue the run in that folder; the outcome is the same");
  options.section("PPO");
  agent::visit_ppo_options(
      s.ppo, [&](const char* key, auto& field, auto min, auto max, const char* meaning) {
        if constexpr (std::is_integral_v<std::decay_t<decltype(field)>>) {
          options.integer(key, field, min, max, meaning);
        } else {
          options.number(key, field, Range::closed(min, max), meaning);
        }
      });
}

class ValidationAccuracy final : public agent::AccuracyModel {
 public:
  explicit ValidationAccuracy(quant::AccuracyRace& race) : race_(race) {}
  double accuracy_pct(const quant::Policy& policy) override {
    return race_.run(policy).accuracy_pct;
  }

 private:
  quant::AccuracyRace& race_;
};

template <typename T>
void add(agent::Digest& digest, const std::vector<T>& values, std::size_t count) {
  digest.add(values.data(), count * sizeof(T));
}

std::string hexadecimal(const agent::Digest& digest) {
  return fmt::format("{:016x}", digest.value());
}

/// Everything that an evaluation depends on besides the policy. Weights, clips and images stand as
/// digests, so that a run is never resumed with others under the same names.
agent::RunConfig settings(const SearchArguments& a, Workload& workload,
                          const HardwareOptions& hardware, std::size_t images) {
  agent::RunConfig settings = {{"network", workload.network().name},
                               {"dataset", a.workload.dataset},
                               {"validation_images", fmt::format("{}", images)},
                               {"race_images", fmt::format("{}", a.race_images)}};
  agent::Digest model;
  for (const quant::Layer& layer : workload.network().layers) {
    const int geometry[] = {layer.input.channels, layer.input.height,  layer.input.width,
                            layer.out_channels,   layer.kernel_height, layer.kernel_width,
                            layer.stride,         layer.padding,       layer.pool};
    model.add(geometry, sizeof geometry);
  }
  for (const quant::FloatLayer& layer : workload.model().layers) {
    add(model, layer.weights, layer.weights.size());
    add(model, layer.bias, layer.bias.size());
  }
  settings["digest.model"] = hexadecimal(model);

  agent::Digest clips;
  for (const auto* table :
       {&workload.quantizer().clips().weight, &workload.quantizer().clips().activation}) {
    for (const auto& layer : *table) {
      for (int bits = quant::kMinBits; bits <= quant::kMaxSearchBits; ++bits) {
        clips.add(&layer[bits], sizeof layer[bits]);
      }
    }
  }
  for (const auto& layer : workload.quantizer().clips().channel) {
    for (const std::vector<float>& channels : layer) add(clips, channels, channels.size());
  }
  for (const std::vector<float>& means : workload.quantizer().clips().input_mean) {
    add(clips, means, means.size());
  }
  settings["digest.clips"] = hexadecimal(clips);

  agent::Digest data;
  const quant::Dataset& validation = workload.validation();
  add(data, validation.pixels, images * static_cast<std::size_t>(validation.shape.size()));
  add(data, validation.labels, images);
  settings["digest.images"] = hexadecimal(data);

  if (!a.cost_table.empty()) {
    // Its numbers, not its name: a table may move.
    const std::string csv = sim::CostTable::load(a.cost_table).to_csv();
    agent::Digest table;
    table.add(csv.data(), csv.size());
    settings["digest.cost_table"] = hexadecimal(table);
  }
  for (const hw::ConfigEntry& entry : hardware.loader().entries()) {
    settings[entry.key] = entry.value;
  }
  return settings;
}

/// File of the accuracies that searches with the same network, weights, clips and images share;
/// empty without a cache folder.
std::string memo_path(const agent::RunConfig& settings, std::string& fingerprint) {
  agent::Digest digest;
  for (const char* key : {"digest.model", "digest.clips", "digest.images"}) {
    const std::string& value = settings.at(key);
    digest.add(value.data(), value.size());
  }
  fingerprint = hexadecimal(digest);
  const std::string folder = quant::default_cache_dir();
  return folder.empty() ? "" : folder + "/accuracy-" + fingerprint + ".txt";
}

agent::TestAccuracy test_accuracy(const quant::Policy& best, Workload& workload, int threads) {
  agent::TestAccuracy accuracy;
  const quant::Dataset& test = workload.test();
  quant::AccuracyEngine engine(workload.quantizer(), test, threads);
  accuracy.best_pct = engine.evaluate(best).pct();
  accuracy.w8a8_pct = engine.evaluate(quant::Policy::uniform(workload.network(), 8, 8)).pct();
  quant::set_torch_threads(threads);
  accuracy.float_pct = quant::float_accuracy_pct(workload.model(), test);
  return accuracy;
}

void print(const agent::Summary& s, const quant::Network& network, const std::string& folder) {
  fmt::print("network               {}\n", s.network);
  fmt::print("search                {}, th {}, {} episodes, seed {}\n", s.method, s.threshold,
             s.episodes, s.seed);
  fmt::print("evaluations           {} accuracies, {} simulator calls; {} episodes within th\n",
             s.accuracy_evaluations, s.simulator_calls, s.feasible_episodes);
  fmt::print("reachable_floor       {:.4f} of W8A8's cost\n", s.floor_cost);
  if (s.best) {
    const agent::BestEpisode& best = *s.best;
    fmt::print("best_policy           {} (episode {})\n", best.policy.to_string(), best.episode);
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
      fmt::print("  {:<20}W{}A{}\n", network.layers[l].name, best.policy.layers[l].weight,
                 best.policy.layers[l].activation);
    }
    fmt::print("mean_weight_bits      {:.2f}\n", best.policy.mean_weight_bits());
    fmt::print("validation_accuracy   {:.2f} % (W8A8 {:.2f} %, {:+.2f} points)\n",
               best.accuracy_pct, s.reference_accuracy_pct,
               best.accuracy_pct - s.reference_accuracy_pct);
    if (s.test) {
      fmt::print("test_accuracy         {:.2f} % (W8A8 {:.2f} %, float {:.2f} %)\n",
                 s.test->best_pct, s.test->w8a8_pct, s.test->float_pct);
    }
    fmt::print(
        "cost                  {:.4f} of W8A8 (latency {:.4f}, energy {:.4f}, power {:.4f})\n",
        best.cost.cost, best.cost.latency, best.cost.energy, best.cost.power);
  }
  fmt::print("run_folder            {}\n", folder);
}

void print(const agent::SearchTiming& t) {
  fmt::print("time                  {:.1f} s (simulator {:.1f}, accuracy {:.1f}, agent {:.1f})\n",
             t.wall_s, t.simulator_s, t.accuracy_s, t.method_s);
}

std::string note(const agent::SearchProgress& progress) {
  std::string text = fmt::format("reward {:.3f}", progress.reward);
  if (progress.best) {
    text += fmt::format(", best {:.2f} % at cost {:.3f}", progress.best->accuracy_pct,
                        progress.best->cost.cost);
  }
  return text;
}

/// The last stage: adapts the weights to the policy that was found. A run that was stopped in it
/// goes on with it.
void tune(const SearchArguments& a, Workload& workload, const quant::Policy& policy) {
  const std::string out = a.out + "/tuned.kmodel";
  if (std::filesystem::exists(out)) {
    fmt::print("tuned_model           {} (there already)\n", out);
    return;
  }
  quant::TrainingOptions options = quant::recommended_fine_tuning(workload.network().name);
  options.epochs = a.finetune_epochs;
  options.checkpoint = out + ".checkpoint";
  options.resume = std::filesystem::exists(options.checkpoint);
  const TunedModel tuned = fine_tune(workload, policy, "learned", options, 1, out);
  fmt::print("tuned_accuracy        {:.2f} % validation, {:.2f} % test (before {:.2f}, {:.2f})\n",
             tuned.after.validation_pct, tuned.after.test_pct, tuned.before.validation_pct,
             tuned.before.test_pct);
  fmt::print("tuned_model           {}\n", out);
}

}  // namespace

int search_command(const std::vector<std::string>& arguments) {
  SearchArguments a;
  Options options("search",
                  "Searches the bit widths of every layer: accuracy on the validation split, "
                  "cost on the simulated chip.");
  declare(options, a);
  HardwareOptions hardware(options);
  if (!options.parse(arguments)) return 0;
  settle_workload(options, a.workload);
  hardware.load();
  if (a.finetune_epochs > 0) refuse_untunable(a.workload.quantization);

  Workload workload = load_workload(a.workload);
  const quant::Network& network = workload.network();
  const quant::Dataset& validation = workload.validation();
  if (a.validation_images > validation.size()) {
    Options::refuse("validation-images", fmt::format("{}", a.validation_images),
                    fmt::format("the validation split has {}", validation.size()));
  }
  const std::size_t images = a.validation_images == 0 ? validation.size() : a.validation_images;
  if (a.out.empty()) {
    a.out = fmt::format("runs/{}-{}-{}-th{}-seed{}", network.name, a.workload.dataset,
                        a.search.method, a.search.reward.threshold, a.search.seed);
  }

  const auto costs =
      a.cost_table.empty()
          ? make_chip_cost_model(network, hardware.chip())
          : make_table_cost_model(load_cost_table(a.cost_table, network, hardware.loader()),
                                  network, hardware.chip().cost);
  quant::AccuracyEngine engine(workload.quantizer(), validation, a.threads);
  const agent::RunConfig run_settings = settings(a, workload, hardware, images);
  std::string fingerprint;
  const std::string memo_file = memo_path(run_settings, fingerprint);
  quant::AccuracyMemo memo(memo_file, fingerprint);
  quant::RaceOptions race_options;
  race_options.first_images = a.race_images;
  race_options.max_loss_points = a.search.reward.max_loss_points;
  const std::vector<std::uint8_t> labels(
      validation.labels.begin(), validation.labels.begin() + static_cast<std::ptrdiff_t>(images));
  quant::AccuracyRace race(
      [&](const quant::Policy& policy, std::size_t first, std::size_t count) {
        return engine.predictions(policy, first, count);
      },
      labels, quant::Policy::uniform(network, 8, 8), race_options, memo);
  ValidationAccuracy accuracies(race);
  agent::Search search(network, *costs, accuracies, a.search, a.out, run_settings, a.resume);

  std::optional<Progress> line;
  std::int64_t done = 0;
  agent::SearchCallbacks callbacks;
  callbacks.stop = stop_requested;
  callbacks.progress = [&](const agent::SearchProgress& progress) {
    done = progress.episode;
    if (!line) {
      line.emplace("search", "episodes", static_cast<std::size_t>(progress.episodes),
                   static_cast<std::size_t>(progress.episode));
      return;
    }
    line->update(static_cast<std::size_t>(progress.episode), note(progress));
  };
  callbacks.test = [&](const quant::Policy& best) {
    line.reset();
    return test_accuracy(best, workload, a.threads);
  };
  const std::optional<agent::Summary> summary = search.run(callbacks);
  line.reset();
  if (!summary) {
    throw RunError(
        fmt::format("stopped after {} of {} episodes; the same command with --resume "
                    "continues {}",
                    done, a.search.episodes, a.out));
  }
  print(*summary, network, a.out);
  if (search.timing().wall_s > 0.0) print(search.timing());
  if (!summary->best) {
    throw RunError(
        fmt::format("none of the {} policies has a cost of at most th = {}; the reachable "
                    "floor is {:.4f}",
                    summary->episodes, summary->threshold, summary->floor_cost));
  }
  if (a.finetune_epochs > 0) tune(a, workload, summary->best->policy);
  return 0;
}

}  // namespace kirchhoff::cli
