#include "agent/search/search.h"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "agent/planning/sensitivity_options.h"
#include "base/atomic_file.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/json_input.h"
#include "base/json_text.h"
#include "base/progress.h"
#include "base/provenance.h"
#include "base/refusal.h"
#include "base/stop_request.h"
#include "cli/commands/cell_chips.h"
#include "cli/commands/command.h"
#include "cli/options/hardware_options.h"
#include "cli/options/options.h"
#include "cli/options/search_options.h"
#include "cli/options/workload_options.h"
#include "cosim/chip_adc.h"
#include "cosim/chip_cost_model.h"
#include "cosim/chips_accuracy.h"
#include "cosim/fine_tuning.h"
#include "cosim/gradient_sensitivities.h"
#include "cosim/size_cost_model.h"
#include "cosim/split_accuracy.h"
#include "cosim/table_cost_model.h"
#include "cosim/training_library.h"
#include "cosim/tuned_inference.h"
#include "cosim/workload.h"
#include "quant/accuracy/accuracy_engine.h"
#include "quant/float/float_network.h"
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
                  "then fine-tune to the best policy: epochs; writes OUT/tuned.kmodel");
  // All that lies in a run's folder is the run's.
  options.output_folder("out", a.out,
                        "of the run (default runs/NETWORK-DATASET-METHOD-thTH-seedSEED)", {""});
  options.flag("resume", a.resume, "go on with the run in that folder; same outcome");
  options.json_output(a.json, "the summary");
}

/// Everything that an evaluation depends on besides the policy.
agent::RunConfig settings(const SearchArguments& a, cosim::Workload& workload,
                          const HardwareOptions& hardware, const cosim::ChipAdc& adc,
                          std::size_t images) {
  agent::RunConfig settings = cosim::workload_settings(workload, workload.validation(), images);
  const std::string modelled = adc.description(workload.model());
  if (!modelled.empty()) settings["adc_modelled"] = modelled;
  if (!a.cell_seeds.empty()) {
    settings["cell_seeds"] = a.cell_seeds;
    settings["cell_score"] = a.cell_score;
  }
  settings["validation_images"] = fmt::format("{}", images);
  settings["race_images"] = fmt::format("{}", a.race_images);
  if (a.tune_epochs > 0) {
    settings["tune_epochs"] = fmt::format("{}", a.tune_epochs);
    settings["tune_images"] = fmt::format("{}", a.tune_images);
  }
  if (!a.cost_table.empty()) {
    // Its numbers, not its name: a table may move.
    const std::string csv =
        cosim::load_cost_table(a.cost_table, workload.network(), hardware.loader()).to_csv();
    Digest table;
    table.add(csv.data(), csv.size());
    settings["digest.cost_table"] = fmt::format("{:016x}", table.value());
  }
  for (const hw::ConfigEntry& entry : hardware.loader().settings()) {
    settings[entry.key] = entry.value;
  }
  return settings;
}

/// The costs of a search, and what th bounds of them.
std::unique_ptr<agent::CostModel> cost_model(const SearchArguments& a,
                                             const quant::Network& network,
                                             const HardwareOptions& hardware) {
  const agent::Limit limit = agent::limit_of(a.search.limit);
  std::unique_ptr<agent::CostModel> costs;
  if (a.cost_table.empty()) {
    costs = cosim::make_chip_cost_model(network, hardware.chip(),
                                        cosim::hardware_digest(hardware.loader()));
  } else {
    sim::CostTable table = cosim::load_cost_table(a.cost_table, network, hardware.loader());
    cosim::refuse_limit(table, a.cost_table, limit);
    costs = cosim::make_table_cost_model(std::move(table), network, hardware.chip().cost);
  }
  if (limit != agent::Limit::kSize) return costs;
  return cosim::make_size_cost_model(std::move(costs), network, a.workload.quantization.weights);
}

/// The accuracies of a search: of the network as it is, or fine-tuned to every policy; on a chip,
/// or on several.
class Accuracies {
 public:
  /// `chips`: at least one. Keeps references to all of them.
  Accuracies(const SearchArguments& a, cosim::Workload& workload,
             const std::vector<cosim::ChipAdc>& chips)
      : a_(a),
        workload_(workload),
        chips_(chips),
        score_(cosim::ChipScore::parse("cell-score", a.cell_score)) {
    if (a.tune_epochs > 0)
      tuned_.emplace(workload, chips.front(), a.tune_epochs, a.tune_images, a.threads);
  }

  /// Of the first `images` of a split of the workload, which must outlive this.
  std::unique_ptr<cosim::ChipsAccuracy> of(const quant::Dataset& split, std::size_t images,
                                           const quant::RaceOptions& race) {
    std::vector<std::unique_ptr<cosim::SplitAccuracy>> all;
    for (const cosim::ChipAdc& chip : chips_) all.push_back(on(chip, split, images, race));
    return std::make_unique<cosim::ChipsAccuracy>(std::move(all), score_);
  }

 private:
  std::unique_ptr<cosim::SplitAccuracy> on(const cosim::ChipAdc& chip, const quant::Dataset& split,
                                           std::size_t images, const quant::RaceOptions& race) {
    const agent::RunConfig settings = cosim::workload_settings(workload_, split, images);
    if (tuned_) {
      return std::make_unique<cosim::SplitAccuracy>(
          [this, &split](const quant::Policy& policy, std::size_t first, std::size_t count) {
            return tuned_->logits(split, policy, first, count);
          },
          workload_.network(), split, images, race,
          cosim::accuracy_fingerprint(settings, tuned_->description()));
    }
    cosim::SplitAccuracy::Teacher teacher;
    if (chip.real_cells()) {
      // W8A8 on bad cells may itself be worse than what a search looks for.
      teacher.infer = [this, &split](const quant::Policy& policy, std::size_t first,
                                     std::size_t count) {
        return engine(split, nullptr).real_logits(policy, first, count);
      };
      teacher.fingerprint = cosim::accuracy_fingerprint(settings);
    }
    return std::make_unique<cosim::SplitAccuracy>(
        engine(split, chip.of(workload_.model())), split, images, race,
        cosim::accuracy_fingerprint(settings, chip.description(workload_.model())), teacher);
  }

  quant::AccuracyEngine& engine(const quant::Dataset& split, const quant::AdcModel* adc) {
    auto& engine = engines_[{&split, adc}];
    if (!engine && a_.device != "cpu") {
      engine = std::make_unique<quant::AccuracyEngine>(
          workload_.quantizer(), split,
          cosim::training_library().device_engine(workload_.network(), split, a_.device));
    } else if (!engine) {
      engine =
          std::make_unique<quant::AccuracyEngine>(workload_.quantizer(), split, a_.threads, adc);
    }
    return *engine;
  }

  const SearchArguments& a_;
  cosim::Workload& workload_;
  const std::vector<cosim::ChipAdc>& chips_;
  const cosim::ChipScore score_;
  std::optional<cosim::TunedInference> tuned_;
  std::map<std::pair<const quant::Dataset*, const quant::AdcModel*>,
           std::unique_ptr<quant::AccuracyEngine>>
      engines_;
};

/// How many of the `images` that a search looks at its gradients are taken on. Refuses what
/// gradients know nothing of.
std::size_t images_of_gradients(const SearchArguments& a, std::size_t images) {
  const auto& options = a.search.methods.of<agent::SensitivityOptions>();
  if (!agent::gradient_loss(options.measure)) return images;
  if (a.tune_epochs > 0 && agent::reads_setting(a.search.method, "plan.sensitivity")) {
    refuse_option("plan.sensitivity", options.measure,
                  "must be divergence or accuracy with --tune-each");
  }
  const auto wanted = static_cast<std::size_t>(options.gradient_images);
  if (wanted > images) {
    refuse_option("plan.gradient_images", fmt::format("{}", wanted),
                  fmt::format("the search looks at {} images", images));
  }
  return wanted == 0 ? images : wanted;
}

constexpr quant::RaceOptions kNoRace{0, 0.0, 0.0};

/// Of the whole test set. Remembered like the others: many searches end with the same questions.
agent::TestAccuracy test_accuracy(const quant::Policy& answer, const quant::Policy& best,
                                  Accuracies& accuracies, cosim::Workload& workload, int threads) {
  const quant::Dataset& test = workload.test();
  const auto scores = accuracies.of(test, test.size(), kNoRace);
  agent::TestAccuracy accuracy;
  accuracy.images = static_cast<std::int64_t>(test.size());
  Progress line("test set", "accuracies", 4);
  accuracy.answer_pct = scores->score(answer).accuracy_pct;
  line.update(1, "");
  accuracy.best_pct = scores->score(best).accuracy_pct;
  line.update(2, "");
  accuracy.w8a8_pct = scores->score(quant::Policy::uniform(workload.network(), 8, 8)).accuracy_pct;
  line.update(3, "in floating point");
  accuracy.float_pct =
      scores->float_pct([&] { return quant::float_accuracy_pct(workload.model(), test, threads); });
  line.update(4, "");
  return accuracy;
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

/// The last stage: adapts the weights to the policy that was found. A run that was stopped in it
/// goes on with it.
void tune(const SearchArguments& a, cosim::Workload& workload,
          const std::vector<cosim::ChipAdc>& chips, const quant::Policy& policy) {
  const std::string out = a.out + "/tuned.kmodel";
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

}  // namespace

int search_command(const std::vector<std::string>& arguments) {
  SearchArguments a;
  Options options("search",
                  "Searches the bit widths of every layer: accuracy on the validation split, "
                  "cost on the simulated chip.");
  options.example("kirchhoff search --method ilp --th 0.8 --seed 1");
  declare(options, a);
  HardwareOptions hardware(options);
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
  if (a.tune_epochs > 0 && a.device != "cpu") {
    refuse_option("device", a.device, "must be cpu with --tune-each");
  }

  cosim::Workload workload = cosim::load_workload(a.workload);
  const quant::Network& network = workload.network();
  const quant::Dataset& validation = workload.validation();
  if (a.validation_images > validation.size()) {
    refuse_option("validation-images", fmt::format("{}", a.validation_images),
                  fmt::format("the validation split has {}", validation.size()));
  }
  const std::size_t images = a.validation_images == 0 ? validation.size() : a.validation_images;

  std::vector<cosim::ChipAdc> chips;
  for (const hw::ChipConfig& chip : chips_of_seeds("cell-seeds", a.cell_seeds, hardware.chip()))
    chips.emplace_back(chip, network, a.adc_exact);
  if (chips.size() > 1 && a.tune_epochs > 0) {
    refuse_option("cell-seeds", a.cell_seeds,
                  "must be one seed with --tune-each, which trains for a chip");
  }
  const cosim::ChipAdc& adc = chips.front();
  if (a.device != "cpu" && adc.of(workload.model()) != nullptr) {
    refuse_option("device", a.device,
                  fmt::format("must be cpu where the ADC (adc.bits {}, adc.lsb {}) is modelled",
                              hardware.chip().tile.pe.adc.bits, hardware.chip().tile.pe.adc.lsb));
  }
  const auto costs = cost_model(a, network, hardware);
  quant::RaceOptions race;
  race.first_images = a.race_images;
  race.max_loss_points = a.search.reward.max_loss_points;
  Accuracies models(a, workload, chips);
  const auto accuracies = models.of(validation, images, race);
  const auto whole =
      images < validation.size() ? models.of(validation, validation.size(), kNoRace) : nullptr;
  agent::Search search(network, *costs, *accuracies, whole ? *whole : *accuracies, a.search, a.out,
                       settings(a, workload, hardware, adc, images), a.resume);

  std::optional<Progress> line;
  std::int64_t done = 0;
  const std::size_t gradient_images = images_of_gradients(a, images);
  accuracies->take_gradients([&](quant::GradientLoss loss) {
    line.emplace("gradients", "images", gradient_images);
    agent::Sensitivities sensitivities = cosim::gradient_sensitivities(
        agent::PolicySpace(network, a.search.widths()), workload, validation, gradient_images, loss,
        a.threads, [&](std::size_t count) { line->update(count, ""); });
    line.emplace("search", "episodes", static_cast<std::size_t>(a.search.episodes),
                 static_cast<std::size_t>(done));
    return sensitivities;
  });
  agent::SearchCallbacks callbacks;
  callbacks.stop = stop_requested;
  callbacks.progress = [&](const agent::SearchProgress& progress) {
    done = progress.episode;
    if (!line) {
      record_session(a.out, "search", arguments);
      line.emplace("search", "episodes", static_cast<std::size_t>(progress.episodes),
                   static_cast<std::size_t>(progress.episode));
      return;
    }
    line->update(static_cast<std::size_t>(progress.episode), note(progress));
  };
  callbacks.extends = [&] {
    for (const char* const file : {"/tuned.kmodel", "/tuned.kmodel.checkpoint"})
      std::filesystem::remove(a.out + file);
  };
  callbacks.final_stage = [&](int measured, int most) {
    if (measured == 0) line.emplace("final stage", "policies", 0);
    line->update(static_cast<std::size_t>(measured),
                 fmt::format("of at most {}, on the whole validation split", most));
  };
  callbacks.test = [&](const quant::Policy& answer, const quant::Policy& best) {
    line.reset();
    return test_accuracy(answer, best, models, workload, a.threads);
  };
  std::optional<agent::Summary> summary;
  try {
    summary = search.run(callbacks);
  } catch (const Stopped&) {
    // In the middle of an episode or of the last measurements: the checkpoint is the one before.
  }
  line.reset();
  if (!summary) {
    throw Stopped(
        fmt::format("stopped after {} of {} episodes; the same command with --resume "
                    "continues {}",
                    done, a.search.episodes, a.out));
  }
  if (!a.json.empty()) {
    auto json = parse_ordered_json(agent::summary_json(*summary), "summary");
    json["dataset_files"] = workload.dataset_files();
    write_file_atomically(a.json, json_text(json));
  }
  print(*summary, network,
        {!a.cost_table.empty(), a.search.rank_by() == agent::RankBy::kDivergence, a.search.limit,
         a.workload.quantization.weights,
         adc.description(workload.model()) +
             (a.cell_seeds.empty() ? ""
                                   : fmt::format("; {} over seeds {}", a.cell_score, a.cell_seeds)),
         images, validation.size(), a.out});
  fmt::print("dataset_files         {}\n", quant::file_list(workload.dataset_files()));
  if (search.timing().wall_s > 0.0) print(search.timing());
  if (!summary->best) {
    throw RunError(
        fmt::format("none of the {} policies has a cost of at most th = {}; the reachable "
                    "floor is {:.4f}",
                    summary->episodes, summary->threshold, summary->floor_cost));
  }
  if (a.finetune_epochs > 0) tune(a, workload, chips, summary->answer());
  return 0;
}

}  // namespace kirchhoff::cli
