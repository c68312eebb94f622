#include "agent/search/search.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/json_input.h"
#include "base/json_text.h"
#include "base/progress.h"
#include "base/provenance.h"
#include "base/stop_request.h"
#include "cli/commands/cell_chips.h"
#include "cli/commands/command.h"
#include "cli/options/hardware_options.h"
#include "cli/options/options.h"
#include "cli/options/search_options.h"
#include "cli/options/workload_options.h"
#include "cli/ranks/launcher.h"
#include "cli/ranks/rank_questions.h"
#include "cosim/chip_adc.h"
#include "cosim/fine_tuning.h"
#include "cosim/search_models.h"
#include "cosim/search_run.h"
#include "cosim/workload.h"
#include "quant/network/networks.h"

namespace kirchhoff::cli {
namespace {

struct SearchArguments : SearchSettings {
  std::string out, json;
  bool resume = false;
  int finetune_epochs = 0;
};

void declare(Options& options, SearchArguments& a) {
  declare_workload_options(options, a.workload);
  options.section("Search");
  options.choice("method", a.search.method, agent::search_methods(),
                 fmt::format("how policies are chosen (best at tight th: {})",
                             fmt::join(agent::recommended_search_methods(), ", ")));
  options.number("th", a.search.reward.threshold, kThresholds, "largest cost, as a ratio to W8A8");
  options.integer("episodes", a.search.episodes, 1, agent::kMaxEpisodes, "policies to try");
  options.integer<std::uint64_t>("seed", a.search.seed, 0, UINT64_MAX,
                                 "of everything that is left to chance");
  declare_search_settings(options, a);
  options.section("Run folder");
  options.integer("finetune", a.finetune_epochs, 0, 100000,
                  "then fine-tune to the best policy: epochs; writes OUT/tuned.safetensors");
  // All that lies in a run's folder is the run's.
  options.output_folder("out", a.out,
                        "of the run (default runs/NETWORK-DATASET-METHOD-thTH-seedSEED)", {""});
  options.flag("resume", a.resume, "go on with the run in that folder; same outcome");
  options.json_output(a.json, "the summary");
}

/// What the summary's figures are of, besides the search.
struct Figures {
  bool from_table = false;     ///< costs were looked up, not simulated
  bool by_divergence = false;  ///< policies were ranked by divergence
  std::string limit;           ///< what th bounds
  quant::WeightQuantizer weights = quant::WeightQuantizer::kLinear;
  std::string adc;             ///< that accuracies were measured with; empty: it loses nothing
  std::size_t images = 0;      ///< that the search looked at
  std::size_t all_images = 0;  ///< of the validation split
  std::string folder;
};

void print(const agent::Summary& s, const quant::Network& network, const Figures& figures) {
  fmt::print("network               {}\n", s.network);
  fmt::print("search                {}, th {}, {} episodes, seed {}\n", s.method, s.threshold,
             s.episodes, s.seed);
  fmt::print("evaluations           {} accuracies, {} {}; {} episodes within th\n",
             s.accuracy_evaluations, s.simulator_calls,
             figures.from_table ? "table look-ups" : "simulator calls", s.feasible_episodes);
  if (!figures.adc.empty()) {
    fmt::print("adc                   modelled: {}\n", figures.adc);
  }
  if (figures.weights != quant::WeightQuantizer::kLinear)
    fmt::print("weight_quantizer      {}\n", weight_quantizer_name(figures.weights));
  fmt::print("reachable_floor       {:.4f} of W8A8's {}\n", s.floor_cost, figures.limit);
  if (s.best) {
    const quant::Policy& policy = s.answer();
    const agent::Score& score = s.final ? s.final->score : s.best->score;
    const agent::Cost& cost = s.final ? s.final->cost : s.best->cost;
    const double reference = s.final ? s.final->reference_accuracy_pct : s.reference_accuracy_pct;
    fmt::print("best_episode          {}: {}, {:.2f} % at cost {:.4f}\n", s.best->episode,
               s.best->policy.to_string(), s.best->score.accuracy_pct, s.best->cost.cost);
    fmt::print("best_policy           {}{}\n", policy.to_string(),
               s.final && s.final->added_bits > 0
                   ? fmt::format(" ({} bit{} added at the end)", s.final->added_bits,
                                 s.final->added_bits == 1 ? "" : "s")
                   : "");
    for (const quant::LayerId l : network.weight_layers()) {
      fmt::print("  {:<20}W{}A{}\n", network.layers[l].name, policy.layers[l].weight,
                 policy.layers[l].activation);
    }
    fmt::print("mean_weight_bits      {:.2f}\n", policy.mean_weight_bits());
    fmt::print("validation_accuracy   {:.2f} % (W8A8 {:.2f} %, {:+.2f} points){}\n",
               score.accuracy_pct, reference, score.accuracy_pct - reference,
               !s.final && figures.images < figures.all_images
                   ? fmt::format(" on the first {} images", figures.images)
                   : "");
    if (figures.by_divergence) {
      fmt::print("divergence            {:.5f} nats from W8A8, which policies were ranked by\n",
                 score.divergence);
    }
    if (s.test) {
      fmt::print("test_accuracy         {:.2f} % (W8A8 {:.2f} %, float {:.2f} %)\n",
                 s.test->answer_pct, s.test->w8a8_pct, s.test->float_pct);
    }
    fmt::print("{:<22}{:.4f} of W8A8 (latency {:.4f}, energy {:.4f}, power {:.4f})\n",
               figures.limit, cost.cost, cost.latency, cost.energy, cost.power);
  }
  fmt::print("run_folder            {}\n", figures.folder);
}

void print(const agent::SearchTiming& t) {
  fmt::print("time                  {:.1f} s (simulator {:.1f}, accuracy {:.1f}, agent {:.1f})\n",
             t.wall_s, t.simulator_s, t.accuracy_s, t.method_s);
}

std::string note(const agent::SearchProgress& progress) {
  if (!progress.best) return fmt::format("none within th yet, reward {:.3f}", progress.reward);
  return fmt::format("best {:.2f} % at cost {:.3f}, reward {:.3f}",
                     progress.best->score.accuracy_pct, progress.best->cost.cost, progress.reward);
}

/// In the run's folder.
const std::string kTuned = std::string("/tuned") + quant::kModelSuffix;

/// The last stage: adapts the weights to the policy that was found. A run that was stopped in it
/// goes on with it.
void tune(const SearchArguments& a, cosim::Workload& workload,
          const std::vector<cosim::ChipAdc>& chips, const quant::Policy& policy) {
  const std::string out = a.out + kTuned;
  quant::TrainingOptions options = quant::recommended_fine_tuning(workload.network());
  options.epochs = a.finetune_epochs;
  options.checkpoint = out + ".checkpoint";
  if (std::filesystem::exists(out)) {
    // It may have been killed between the two.
    std::filesystem::remove(options.checkpoint);
    fmt::print("tuned_model           {} (there already)\n", out);
    return;
  }
  options.resume = std::filesystem::exists(options.checkpoint);
  const cosim::TunedModel tuned =
      cosim::fine_tune(workload, policy, "learned", options, 1, out, chips);
  fmt::print("tuned_accuracy        {:.2f} % validation, {:.2f} % test (before {:.2f}, {:.2f})\n",
             tuned.after.validation_pct, tuned.after.test_pct, tuned.before.validation_pct,
             tuned.before.test_pct);
  fmt::print("tuned_model           {}\n", out);
}

/// A rank that is not the first. It makes its models when it is asked something: by then the first
/// one has found nothing wrong.
void help_to_search(Ranks& ranks, const SearchArguments& a,
                    const std::vector<hw::ChipConfig>& chips) {
  std::optional<cosim::SearchModels> models;
  const cosim::OtherProcesses nobody = [](const Answer&) { return nullptr; };
  serve_questions(ranks, [&](const std::string& question) {
    if (!models) models.emplace(a, chips, nobody);
    return models->answer(question);
  });
}

}  // namespace

int search_command(const std::vector<std::string>& arguments) {
  SearchArguments a;
  Options options("search",
                  "Searches the bit widths of every layer: accuracy on the validation split, "
                  "cost on the simulated chip.");
  options.example("kirchhoff search --method ilp --th 0.8 --seed 1");
  declare(options, a);
  HardwareOptions hardware(options);
  Launcher launcher(options, "policies of a batch are measured here, or by every rank of mpirun");
  if (!options.parse(arguments)) return 0;
  settle_workload(options, a.workload);
  settle_search_settings(options, a);
  weigh_by_limit(a, hardware);
  hardware.load();
  options.settle_output(
      "out",
      fmt::format("runs/{}-{}-{}-th{}-seed{}", quant::find_network(a.workload.network).name,
                  a.workload.dataset, a.search.method, a.search.reward.threshold, a.search.seed));
  if (a.finetune_epochs > 0) cosim::refuse_untunable(a.workload.quantization);

  const std::vector<hw::ChipConfig> chips =
      chips_of_seeds("cell-seeds", a.cell_seeds, hardware.chip());
  Ranks* const ranks = launcher.ranks();
  if (ranks != nullptr && ranks->rank() != 0) {
    help_to_search(*ranks, a, chips);
    return 0;
  }
  cosim::OtherProcesses others;
  if (ranks != nullptr) {
    others = [ranks](const Answer& answer) {
      return std::make_unique<RankQuestions>(*ranks, answer);
    };
  }
  cosim::SearchRun run(a, hardware.loader(), chips, a.out, a.resume, others);
  std::optional<Progress> line;
  std::int64_t done = 0;
  const auto search_line = [&] {
    line.emplace("search", "episodes", static_cast<std::size_t>(a.search.episodes),
                 static_cast<std::size_t>(done));
  };
  cosim::SearchRunCallbacks callbacks;
  callbacks.stop = stop_requested;
  callbacks.gradients = [&](std::size_t images, std::size_t all) {
    if (images == 0) {
      line.emplace("gradients", "images", all);
      return;
    }
    line->update(images, "");
    if (images == all) search_line();
  };
  callbacks.progress = [&](const agent::SearchProgress& progress) {
    done = progress.episode;
    if (!line) {
      record_session(a.out, "search", arguments);
      search_line();
      return;
    }
    line->update(static_cast<std::size_t>(progress.episode), note(progress));
  };
  callbacks.extends = [&] {
    for (const std::string& file : {kTuned, kTuned + ".checkpoint"})
      std::filesystem::remove(a.out + file);
  };
  callbacks.final_stage = [&](int measured, int most) {
    if (measured == 0) line.emplace("final stage", "policies", 0);
    line->update(static_cast<std::size_t>(measured),
                 fmt::format("of at most {}, on the whole validation split", most));
  };
  callbacks.test_accuracies = [&](int measured, int all) {
    if (measured == 0) {
      line.emplace("test set", "accuracies", static_cast<std::size_t>(all));
      return;
    }
    line->update(static_cast<std::size_t>(measured),
                 measured + 1 == all ? "in floating point" : "");
  };
  const std::optional<agent::Summary> summary = run.run(callbacks);
  line.reset();
  if (!summary) {
    throw Stopped(
        fmt::format("stopped after {} of {} episodes; the same command with --resume "
                    "continues {}",
                    done, a.search.episodes, a.out));
  }
  cosim::Workload& workload = run.workload();
  if (!a.json.empty()) {
    auto json = parse_ordered_json(agent::summary_json(*summary), "summary");
    json["dataset_files"] = workload.dataset_files();
    write_file_atomically(a.json, json_text(json));
  }
  print(*summary, workload.network(),
        {!a.cost_table.empty(), a.search.rank_by() == agent::RankBy::kDivergence, a.search.limit,
         a.workload.quantization.weights,
         run.chips().front().description(workload.model()) +
             (a.cell_seeds.empty() ? ""
                                   : fmt::format("; {} over seeds {}", a.cell_score, a.cell_seeds)),
         run.images(), workload.validation().size(), a.out});
  fmt::print("dataset_files         {}\n", quant::file_list(workload.dataset_files()));
  if (run.timing().wall_s > 0.0) print(run.timing());
  if (!summary->best) {
    throw RunError(
        fmt::format("none of the {} policies has a cost of at most th = {}; the reachable "
                    "floor is {:.4f}",
                    summary->episodes, summary->threshold, summary->floor_cost));
  }
  if (a.finetune_epochs > 0) tune(a, workload, run.chips(), summary->answer());
  return 0;
}

}  // namespace kirchhoff::cli
