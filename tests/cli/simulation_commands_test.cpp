#include <cmath>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/refusal.h"
#include "tests/traces/perfetto_check.h"
#include "tests/traces/timeline.h"

namespace kirchhoff::cli {
namespace {

class RefusedSimulation : public ::testing::TestWithParam<Refusal> {};

// Wrong files and flags of the commands that work on the chip: one line, exit code 2, nothing
// written.
TEST_P(RefusedSimulation, EndsWithTwoOneLineAndNothingWritten) {
  const ScratchDirectory folder;
  write_text(folder.file("short.json"), R"({"network": "lenet5", "layers": []})");
  write_text(folder.file("broken.json"), "{");
  write_text(
      folder.file("wide.json"),
      R"({"network": "lenet5", "layers": [{"name": "C1", "w": 17, "a": 8}, {"name": "C3", "w": 8, "a": 8},
                 {"name": "C5", "w": 8, "a": 8}, {"name": "F6", "w": 8, "a": 8}, {"name": "OUT", "w": 8, "a": 8}]})");
  write_text(folder.file("junk.kmodel"), "junk");
  expect_refused(GetParam(), folder);
}

INSTANTIATE_TEST_SUITE_P(
    Simulate, RefusedSimulation,
    ::testing::Values(
        Refusal{{"simulate", "--policy", "W17A8"},
                "policy W17A8: weight bits = 17: must be in [2, 16]"},
        Refusal{{"simulate", "--policy", "8/8,8/8"},
                "policy \"8/8,8/8\": 2 entries: network lenet5 has 5"},
        Refusal{{"simulate", "--policy", "none.json"}, "policy \"none.json\": no such file"},
        Refusal{{"simulate", "--policy", "short.json"}, "short.json: layers: 0 entries"},
        Refusal{{"simulate", "--policy", "broken.json"}, "broken.json"},
        Refusal{{"simulate", "--policy", "wide.json"}, "wide.json"},
        Refusal{{"simulate", "--network", "lenet6"}, "network \"lenet6\": must be alexnet, lenet5"},
        Refusal{{"simulate", "--dataset", "emnist"},
                "--dataset emnist: must be one of fashion-mnist, mnist"},
        Refusal{{"simulate", "--data-dir", "none"}, "--data-dir none: not a folder"},
        Refusal{{"simulate", "--weights", "none.kmodel"},
                "none.kmodel: cannot open: No such file or directory"},
        Refusal{{"simulate", "--weights", "junk.kmodel"}, "junk.kmodel: offset 0: "},
        Refusal{{"simulate", "--images", "0"}, "--images 0: must be an integer in [1, "},
        Refusal{{"simulate", "--images", "20000"},
                "--images 20000: the test split of fashion-mnist has 10000"},
        Refusal{{"simulate", "--timing-only", "--cost.batch", "4", "--images", "8"},
                "--images 8: cost.batch = 4: a run has so many"},
        Refusal{{"simulate", "--stream", "--cost.batch", "4", "--images", "8"},
                "--images 8: cost.batch = 4: a run has so many"},
        Refusal{{"simulate", "--cost.batch", "4", "--images", "6"},
                "--images 6: cost.batch = 4: must be a multiple of it"},
        Refusal{{"simulate", "--split", "train"}, "--split train: must be one of validation, test"},
        Refusal{{"simulate", "--fidelity", "fast"}, "--fidelity fast: must be one of bit, mvm"},
        Refusal{{"simulate", "--json", "none/x.json"}, "--json none/x.json: its folder must exist"},
        Refusal{{"simulate", "--vcd", "none/x.vcd"}, "--vcd none/x.vcd: its folder must exist"},
        Refusal{{"simulate", "--perfetto", "none/x.json"},
                "--perfetto none/x.json: its folder must exist"},
        Refusal{{"simulate", "--events", "none/x.csv"},
                "--events none/x.csv: its folder must exist"},
        Refusal{{"simulate", "--vcd", "x.vcd", "--from", "9us", "--to", "8us"},
                "--to 8us: must be greater than --from 9us"},
        Refusal{{"simulate", "--vcd", "x.vcd", "--from", "9"},
                "--from 9: must be a number and one of ps, ns, us, ms, s"},
        Refusal{{"simulate", "--vcd", "x.vcd", "--to", "0ns"}, "--to 0ns: must be greater than 0"},
        Refusal{{"simulate", "--from", "1us"}, "--from 1us: nothing is traced: give --vcd"},
        Refusal{{"simulate", "--probe", "tile0"}, "--probe tile0: nothing is traced: give --vcd"},
        Refusal{{"simulate", "--gtkw", "x.gtkw"}, "--gtkw x.gtkw: opens a VCD: give --vcd, too"},
        Refusal{{"simulate", "--gtkw", "x.gtkw", "--vcd", "/dev/null"},
                "--gtkw x.gtkw: opens a VCD that is a file: /dev/null is none"},
        Refusal{{"simulate", "--gtkw", "x", "--vcd", "x"},
                "--gtkw x: is where --vcd x is written, too"},
        Refusal{{"simulate", "--trace-unit", "cycle", "--vcd", "x.vcd"},
                "--trace-unit cycle: is about --perfetto"},
        Refusal{{"simulate", "--trace-unit", "second", "--perfetto", "x.json"},
                "--trace-unit second: must be one of time, cycle"},
        Refusal{{"simulate", "--vcd", "x.vcd", "--trace-limit", "1"},
                "--trace-limit 1: must be a number and one of B, kB, MB, GB, TB"},
        Refusal{{"simulate", "--perfetto", "x.json", "--power-bin", "0us"},
                "--power-bin 0us: must be greater than 0"},
        Refusal{{"simulate", "--timing-only", "--vcd", "x.vcd", "--probe", "tile9.*"},
                "--probe 'tile9.*': no signal matches: did you mean 'tile0'? the chip has host, "},
        Refusal{
            {"simulate", "--timing-only", "--events", "x.csv", "--probe", "Tile0.*"},
            "--probe 'Tile0.*': no signal matches: did you mean 'tile0.*'? the chip has host, "},
        Refusal{{"simulate", "--timing-only", "--events", "x.csv", "--probe", "fetch"},
                "--probe 'fetch': no signal matches: did you mean '*.fetch'? the chip has host, "},
        Refusal{{"simulate", "--weights", "random", "--fidelity", "bit", "--vcd", "x.vcd",
                 "--probe", "adc"},
                "--probe 'adc': no signal matches: did you mean '*.adc*'? the chip has host, "},
        Refusal{{"simulate", "--timing-only", "--vcd", "x.vcd", "--probe", "tile0.pe0.adc0"},
                "--probe 'tile0.pe0.adc0': no signal matches: tile0.pe0 has "},
        Refusal{{"simulate", "--weights", "random", "--fidelity", "bit", "--vcd", "x.vcd",
                 "--perfetto", "x.json", "--trace-limit", "1MB"},
                "x.vcd: would grow to about "},
        Refusal{{"simulate", "--dump", "junk.kmodel"}, "--dump junk.kmodel: must be a folder"},
        Refusal{{"simulate", "--dump", "d", "--timing-only"},
                "--dump d: --timing-only has no integers"},
        Refusal{{"simulate", "--images", "2", "--timing-only"},
                "--images 2: runs of --timing-only all take the same time"},
        Refusal{{"simulate", "--timing-only", "--pe.pairs", "4", "--json", "x"},
                "layer C1: 8 weight bits need 8 crossbar pairs, pe.pairs = 4"},
        Refusal{{"simulate", "--timing-only", "--chip.mesh_width", "2", "--chip.mesh_height", "2",
                 "--json", "x"},
                "network lenet5 needs 5 tiles"},
        Refusal{{"simulate", "--timing-only", "--windows"}, "--windows: the report"},
        Refusal{{"simulate", "--timing-only", "--windows", "--json", "x", "--events", "e",
                 "--probe", "tile0"},
                "--probe tile0: --windows needs the whole run"},
        Refusal{{"map", "--policy", "W1A8"}, "policy W1A8: weight bits = 1: must be in [2, 16]"},
        Refusal{{"map", "--json", "none/x"}, "--json none/x: its folder must exist"},
        Refusal{{"evaluate", "--policy", "W8"}, "policy \"W8\": no such file"},
        Refusal{{"evaluate", "--images", "5001"},
                "--images 5001: the validation split of fashion-mnist has 5000"},
        Refusal{{"evaluate", "--json", "none/x"}, "--json none/x: its folder must exist"},
        Refusal{{"evaluate", "--adc.bits", "6"},
                "--preset, --config and keys of the hardware: need --adc-exact"},
        Refusal{{"search", "--th", "0.5", "--out", "run"}, "th = 0.5: must be at least 0.717"},
        Refusal{{"search", "--th", "x"}, "--th x: must be a number in [0.001, 1000]"},
        Refusal{{"search", "--reward.cost_slope", "1e40"},
                "--reward.cost_slope 1e40: must be a number in [0, 1000]"},
        Refusal{{"search", "--method", "ddpg", "--reward.scale", "1e40"},
                "--reward.scale 1e40: must be a number in [0.0001, 1000]"},
        Refusal{{"search", "--device", "cuda", "--adc.bits", "2", "--out", "run"},
                "--device cuda: must be cpu where the ADC (adc.bits 2, adc.lsb 1) is modelled"},
        Refusal{{"search", "--episodes", "0"}, "--episodes 0: must be an integer in [1, "},
        Refusal{{"search", "--method", "magic"}, "--method magic: must be one of "},
        Refusal{{"search", "--resume", "--out", "none"}, "none: no such run to resume"},
        Refusal{{"search", "--out", "junk.kmodel"}, "--out junk.kmodel: must be a folder"},
        Refusal{{"noc", "--rate", "0"}, "--rate 0: must be a number in (0, 1]"},
        Refusal{{"noc", "--rates", "0.1,x"}, "--rates 0.1,x: must be numbers in (0, 1]"},
        Refusal{{"noc", "--rate", "0.1", "--sweep"}, "--rate, --rates and --sweep: give one"},
        Refusal{{"noc", "--pattern", "tornado"}, "--pattern tornado: must be one of uniform"},
        Refusal{{"noc", "--pattern", "transpose", "--width", "4"},
                "--pattern transpose: --width 4 and --height 8 must be equal"},
        Refusal{{"noc", "--packet-flits", "17"},
                "--packet-flits 17: must be at most noc.packet_flits = 16"},
        Refusal{{"noc", "--noc.packet_flits", "40"}, "noc.packet_flits = 40: "},
        Refusal{{"noc", "--rate", "0.000001", "--cycles", "1000", "--json", "n.json"},
                "--rate 1e-06: no tile began a packet in --cycles 1000"},
        Refusal{{"noc", "--noc.watchdog_cycles", "18"}, "noc.watchdog_cycles = 18: must be 0, or"},
        Refusal{{"noc", "--json", "none/x"}, "--json none/x: its folder must exist"},
        Refusal{{"train", "--epochs", "0"}, "--epochs 0: must be an integer in [1, "},
        Refusal{{"train", "--network", "vgg13", "--dataset", "fashion-mnist", "--out", "x"},
                "dataset fashion-mnist: its images have 1 channel"}));

TEST(SimulateCommand, AWindowInWhichNothingHappensIsNamed) {
  const ScratchDirectory folder;
  const auto simulate = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments = {"simulate", "--timing-only"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = run_program(arguments, folder.path());
    EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
    return outcome.error;
  };
  for (const char* kind : {"--vcd", "--perfetto", "--events"}) {
    const std::string late = simulate({kind, "t.x", "--from", "1s", "--to", "2s"});
    EXPECT_NE(late.find("t.x: nothing that is recorded happened from 1s to 2s; a run takes "),
              std::string::npos)
        << kind << ": " << late;
    EXPECT_EQ(simulate({kind, "t.x"}).find("nothing that is recorded"), std::string::npos) << kind;
    EXPECT_EQ(
        simulate({kind, "t.x", "--from", "1us", "--to", "2us"}).find("nothing that is recorded"),
        std::string::npos)
        << kind;
  }
}

TEST(SimulateCommand, ReportsTheStableKeys) {
  const ScratchDirectory folder;
  const Outcome outcome = run_program({"simulate", "--weights", "random", "--seed", "3", "--policy",
                                       "8/8,5/7,2/2,7/3,8/8", "--images", "2", "--json", "r.json"},
                                      folder.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  EXPECT_NE(outcome.output.find("bit-exact: 3580 of 3580 outputs"), std::string::npos)
      << outcome.output;
  const auto json = nlohmann::json::parse(contents_of(folder.file("r.json")));
  for (const char* key : {"latency_ns", "cycles", "energy_pj", "power_rated_mw", "power_average_mw",
                          "area_um2", "crossbars", "pes", "tiles", "ratio", "cost", "bit_exact",
                          "wall_s", "elaboration_s", "peak_rss_mib", "layers"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
  EXPECT_EQ(json["bit_exact"]["outputs"], json["bit_exact"]["equal"]);
  EXPECT_EQ(json["crossbars"], 2 * (8 + 2 * 5 + 4 * 2 + 7 + 8));
  double energy = 0;
  for (const auto& layer : json["layers"]) {
    for (const char* key :
         {"name", "w", "a", "crossbars", "windows", "latency_ns", "energy_pj", "components"}) {
      EXPECT_TRUE(layer.contains(key)) << key;
    }
    double components = 0;
    for (const auto& [name, pj] : layer["components"].items()) components += pj.get<double>();
    EXPECT_NEAR(components, layer["energy_pj"].get<double>(), 1e-6 * components);
    energy += components;
  }
  EXPECT_NEAR(energy, json["energy_pj"].get<double>(), 1e-6 * energy);
  const auto& ratio = json["ratio"];
  EXPECT_NEAR((ratio["latency"].get<double>() + ratio["energy"].get<double>() +
               ratio["power"].get<double>()) /
                  3,
              json["cost"].get<double>(), 1e-9);
}

TEST(SimulateCommand, WindowsPassTheStagesOfTheirLayerInOrder) {
  const ScratchDirectory folder;
  const auto simulate = [&](const Arguments& more) {
    Arguments arguments = {"simulate", "--timing-only", "--policy", "W6A4", "--json", "r.json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = run_program(arguments, folder.path());
    EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
    return nlohmann::json::parse(contents_of(folder.file("r.json")));
  };
  const auto plain = simulate({});
  const auto json = simulate({"--windows"});
  EXPECT_EQ(plain["latency_ns"], json["latency_ns"]);
  EXPECT_FALSE(plain["layers"][0].contains("window_times"));
  EXPECT_EQ(json["command"],
            "kirchhoff simulate --timing-only --policy W6A4 --json r.json --windows");
  for (const auto& layer : json["layers"]) {
    const auto& times = layer["window_times"];
    EXPECT_EQ(times["columns"],
              nlohmann::json::parse(R"(["fetch_begin_ns", "fetch_end_ns", "multiply_begin_ns",
                  "multiply_end_ns", "drain_begin_ns", "drain_end_ns", "complete_begin_ns",
                  "complete_end_ns"])"));
    ASSERT_EQ(times["rows"].size(), layer["windows"].get<std::size_t>()) << layer["name"];
    double multiplied = 0;
    for (const auto& row : times["rows"]) {
      double last = 0;
      for (std::size_t stage = 0; stage < 4; ++stage) {
        const auto &begin = row[2 * stage], &end = row[2 * stage + 1];
        ASSERT_EQ(begin.is_null(), end.is_null());
        if (begin.is_null()) continue;
        EXPECT_LT(begin, end);
        EXPECT_GE(begin.get<double>(), last) << layer["name"];
        last = begin.get<double>();
        EXPECT_LE(end.get<double>(), json["latency_ns"].get<double>());
      }
      // The crossbars take one window after the other.
      ASSERT_FALSE(row[2].is_null());
      EXPECT_GT(row[2].get<double>(), multiplied);
      multiplied = row[2].get<double>();
    }
  }
}

TEST(NocCommand, WritesAPointPerRate) {
  const ScratchDirectory folder;
  const auto points = [&](const Arguments& more) {
    Arguments arguments = {"noc",      "--width", "4",      "--height", "4",
                           "--cycles", "2000",    "--json", "n.json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = run_program(arguments, folder.path());
    EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
    return nlohmann::json::parse(contents_of(folder.file("n.json")))["points"];
  };
  const auto two = points({"--rates", "0.05,0.9"});
  ASSERT_EQ(two.size(), 2u);
  EXPECT_FALSE(two[0]["saturated"]);
  EXPECT_TRUE(two[1]["saturated"]);
  EXPECT_GE(two[0]["packet_latency_cycles"]["mean"], two[0]["zero_load_latency_cycles"]);
  EXPECT_NEAR(two[0]["accepted_flits_per_node_cycle"].get<double>(), 0.05, 0.01);
  EXPECT_EQ(two[0]["links"].size(), 48u + 17u);
  EXPECT_EQ(points({"--rate", "0.05"})[0], two[0]);
  const auto sweep = points({"--sweep", "--noc.flow_control", "wormhole"});
  EXPECT_FALSE(sweep.front()["saturated"]);
  EXPECT_TRUE(sweep.back()["saturated"]);
}

TEST(SimulateCommand, TheSameSeedGivesTheSameCostsInEveryMode) {
  const ScratchDirectory folder;
  const auto costs = [&](Arguments more) {
    Arguments arguments = {"simulate", "--weights", "random", "--policy",
                           "W5A3",     "--json",    "r.json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    EXPECT_EQ(run_program(arguments, folder.path()).exit_code, 0);
    auto json = nlohmann::json::parse(contents_of(folder.file("r.json")));
    return std::tuple(json["latency_ns"].get<double>(), json["energy_pj"].get<double>());
  };
  const auto mvm = costs({});
  EXPECT_EQ(costs({}), mvm);
  EXPECT_EQ(costs({"--fidelity", "bit"}), mvm);
  EXPECT_EQ(costs({"--timing-only"}), mvm);
}

TEST(SimulateCommand, DumpsNumpyArraysAndWaveforms) {
  const ScratchDirectory folder;
  const Outcome outcome =
      run_program({"simulate", "--weights", "random", "--fidelity", "bit", "--policy", "W6A4",
                   "--dump", "dump", "--vcd", "w.vcd", "--to", "3us"},
                  folder.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  const std::string weights = contents_of(folder.file("dump/C3_weights.npy"));
  EXPECT_EQ(weights.substr(1, 5), "NUMPY");
  EXPECT_NE(weights.find("'shape': (16, 6, 5, 5)"), std::string::npos);
  for (const char* layer : {"C1", "C3", "C5", "F6", "OUT"}) {
    for (const char* what : {"inputs", "accumulators", "outputs"}) {
      EXPECT_FALSE(
          contents_of(folder.file(std::string("dump/") + layer + "_" + what + ".npy")).empty());
    }
  }
  const std::string vcd = contents_of(folder.file("w.vcd"));
  for (const char* name : {"fetch_state", "weight_bits", "activation_bits", "bit_step",
                           "lines_driven", "channel", "code", "value", "output", "compute_state"}) {
    EXPECT_NE(vcd.find(std::string(" ") + name + " "), std::string::npos) << name;
  }
  EXPECT_NE(vcd.find("$scope module pe0 $end"), std::string::npos);
}

TEST(SimulateCommand, TheTimelineOfAWholeVgg13ImageIsValid) {
  const ScratchDirectory folder;
  const Outcome outcome = run_program(
      {"simulate", "--network", "vgg13", "--timing-only", "--perfetto", "t.json"}, folder.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  const auto timeline = nlohmann::ordered_json::parse(contents_of(folder.file("t.json")));
  check_perfetto(timeline);
  const nlohmann::ordered_json& what_ran = timeline.front()["args"];
  EXPECT_EQ(what_ran["command"],
            "kirchhoff simulate --network vgg13 --timing-only --perfetto t.json");
  EXPECT_EQ(what_ran["policy"].get<std::string>().substr(0, 8), "8/8,8/8,");
  EXPECT_GT(timeline.size(), 100000u);
  EXPECT_TRUE(std::any_of(timeline.begin(), timeline.end(), [](const auto& event) {
    return event["name"] == "process_name" && event["args"]["name"] == "tile0 CONV1 W8A8";
  }));
}

std::uint64_t last_time_of(const std::string& vcd) {
  return std::stoull(vcd.substr(vcd.rfind("\n#") + 2));
}

TEST(SimulateCommand, WaveformsShowTheWindowAndTheProbesAskedFor) {
  const ScratchDirectory folder;
  const Outcome outcome = run_program(
      {"simulate", "--weights", "random", "--fidelity", "bit", "--policy", "W4A4", "--vcd", "w.vcd",
       "--probe", "tile0.pe0.adc?.code", "--probe", "host", "--from", "1us", "--to", "2us"},
      folder.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  EXPECT_NE(outcome.output.find("trace: w.vcd: "), std::string::npos) << outcome.output;
  const std::string vcd = contents_of(folder.file("w.vcd"));
  EXPECT_NE(vcd.find(" code "), std::string::npos);
  EXPECT_NE(vcd.find(" image_row "), std::string::npos);
  EXPECT_EQ(vcd.find(" channel "), std::string::npos);
  EXPECT_EQ(vcd.find("tile1"), std::string::npos);
  EXPECT_EQ(std::stoull(vcd.substr(vcd.find("\n#") + 2)), 1000000u);
  EXPECT_EQ(last_time_of(vcd), 2000000u);
}

// The names that viewers show may be given as they stand there.
TEST(SimulateCommand, WhatIsIdleIsZeroAndNotUnknown) {
  const ScratchDirectory folder;
  const Outcome outcome =
      run_program({"simulate", "--weights", "random", "--fidelity", "bit", "--policy", "W4A4",
                   "--vcd", "w.vcd", "--probe", "chip.tile0.pe0.*", "--to", "1us"},
                  folder.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  const std::string vcd = contents_of(folder.file("w.vcd"));
  std::istringstream lines(vcd.substr(vcd.find("$enddefinitions")));
  std::set<std::string> unknown;
  int values = 0;
  for (std::string line; std::getline(lines, line); ++values)
    if (line[0] == 'x' || line.substr(0, 2) == "bx" || line.substr(0, 3) == "sx ")
      unknown.insert(line);
  EXPECT_TRUE(unknown.empty()) << *unknown.begin();
  EXPECT_GT(values, 1000);
}

TEST(SimulateCommand, ASaveFileNamesTheDumpFromWhereItLies) {
  const ScratchDirectory folder;
  std::filesystem::create_directory(folder.file("views"));
  const Outcome outcome =
      run_program({"simulate", "--weights", "random", "--fidelity", "bit", "--policy", "W4A4",
                   "--vcd", "w.vcd", "--gtkw", "views/w.gtkw", "--probe", "tile0"},
                  folder.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  EXPECT_NE(outcome.output.find("\nview:  gtkwave views/w.gtkw\n"), std::string::npos)
      << outcome.output;
  const std::string save = contents_of(folder.file("views/w.gtkw"));
  EXPECT_NE(save.find("[dumpfile] \"../w.vcd\"\n"), std::string::npos) << save;
  EXPECT_NE(save.find("\n-tile0 C1 W4A4\n"), std::string::npos) << save;
  EXPECT_NE(save.find("\n-pair 0\n@24\n+{dac0 bit_step} chip.tile0.pe0.dac0.bit_step[4:0]\n"),
            std::string::npos)
      << save;
  EXPECT_EQ(save.find("-pair 4"), std::string::npos) << "a pair that has nothing to do";
}

TEST(SimulateCommand, TheNameOfATimelineChoosesItsFormat) {
  const ScratchDirectory folder;
  for (const char* name : {"t.json", "t.pftrace", "t.pftrace.gz"}) {
    const Outcome outcome =
        run_program({"simulate", "--weights", "random", "--policy", "W6A4", "--fidelity", "bit",
                     "--perfetto", name, "--probe", "tile[01]", "--trace-unit", "cycle"},
                    folder.path());
    ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  }
  const std::string pftrace = contents_of(folder.file("t.pftrace"));
  expect_same_timeline(contents_of(folder.file("t.json")), pftrace);
  const PftraceReader reader(pftrace);
  EXPECT_GT(reader.timeline().slices.size(), 1000u);
  EXPECT_NE(reader.run().find("--perfetto t.pftrace"), std::string::npos) << reader.run();
  EXPECT_EQ(contents_of(folder.file("t.pftrace.gz")).substr(0, 2), "\x1f\x8b");
}

TEST(SimulateCommand, ACycleOfTheTileIsAMicrosecondWhereThatIsAskedFor) {
  const ScratchDirectory folder;
  const auto products = [&](const std::string& unit) {
    const Outcome outcome = run_program(
        {"simulate", "--timing-only", "--perfetto", unit, "--probe", "tile0", "--trace-unit", unit},
        folder.path());
    EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
    const auto timeline = nlohmann::ordered_json::parse(contents_of(folder.file(unit)));
    check_perfetto(timeline);
    std::vector<double> begins;
    for (const auto& event : timeline)
      if (event["ph"] == "X" && event["name"] == "read") begins.push_back(event["ts"]);
    return begins;
  };
  const std::vector<double> us = products("time"), cycles = products("cycle");
  ASSERT_EQ(us.size(), 784u);
  ASSERT_EQ(cycles.size(), us.size());
  for (std::size_t i = 0; i < us.size(); ++i) {
    EXPECT_EQ(cycles[i], std::floor(cycles[i]));
    EXPECT_NEAR(cycles[i], us[i] * 1200, 0.6 + 1e-9);  // its times are whole nanoseconds
  }
}

TEST(SimulateCommand, TimelinesAreValidAtBothFidelitiesAndTellTheSameOfEveryWindow) {
  const ScratchDirectory folder;
  std::vector<std::string> products[2];
  for (const char* fidelity : {"mvm", "bit"}) {
    const Outcome outcome =
        run_program({"simulate", "--weights", "random", "--fidelity", fidelity, "--policy", "W3A5",
                     "--perfetto", "t.json", "--events", "e.csv"},
                    folder.path());
    ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
    check_perfetto(nlohmann::ordered_json::parse(contents_of(folder.file("t.json"))));
    auto& lines = products[std::string(fidelity) == "bit"];
    std::istringstream csv(contents_of(folder.file("e.csv")));
    for (std::string line; std::getline(csv, line);) {
      if (line.find("read,slice,read,") != std::string::npos ||
          line.find("convert,slice,convert,") != std::string::npos) {
        lines.push_back(line);
      }
    }
    std::sort(lines.begin(), lines.end());
  }
  // 784 + 64 x 2 blocks + … products of lenet5, each with a read and a conversion.
  EXPECT_GT(products[0].size(), 1000u);
  EXPECT_EQ(products[0], products[1]);
}

// Issue by issue the same claim: what the chip computes is what the golden inference computes.
TEST(SimulateCommand, ThousandTestImagesPredictAsGoldenAtMvmAndTwentyAtBit) {
  const ScratchDirectory folder;
  for (const auto& [fidelity, images] : {std::pair{"mvm", "1000"}, {"bit", "20"}}) {
    const Outcome outcome = run_program({"simulate", "--fidelity", fidelity, "--images", images,
                                         "--split", "test", "--json", "r.json"},
                                        folder.path());
    ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
    const auto json = nlohmann::json::parse(contents_of(folder.file("r.json")));
    EXPECT_EQ(json["images"], std::stoi(images));
    EXPECT_EQ(json["bit_exact"]["outputs"], json["bit_exact"]["equal"]);
    EXPECT_EQ(json["bit_exact"]["accumulators"], json["bit_exact"]["accumulators_equal"]);
    EXPECT_EQ(json["bit_exact"]["outputs"], 1790 * std::stoi(images));
  }
}

// Layers over many tiles: partial sums of up to 36 row blocks cross the network.
TEST(SimulateCommand, Vgg13WithRandomIntegersIsBitExact) {
  const ScratchDirectory folder;
  const Outcome outcome = run_program({"simulate", "--network", "vgg13", "--weights", "random",
                                       "--policy", "W2A2", "--json", "r.json"},
                                      folder.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  const auto json = nlohmann::json::parse(contents_of(folder.file("r.json")));
  EXPECT_EQ(json["crossbars"], 2304);
  EXPECT_EQ(json["bit_exact"]["outputs"], json["bit_exact"]["equal"]);
}

TEST(MapCommand, PrintsTheTableAndTheFloorplan) {
  const ScratchDirectory folder;
  const Outcome outcome = run_program({"map", "--json", "m.json"}, folder.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  EXPECT_NE(outcome.output.find("144"), std::string::npos);
  EXPECT_NE(outcome.output.find("mesh 3 x 2"), std::string::npos);
  EXPECT_EQ(nlohmann::json::parse(contents_of(folder.file("m.json")))["crossbars"], 144);
}

TEST(EvaluateCommand, W8A8LosesAtMostThreeTenthsOfAPoint) {
  const ScratchDirectory folder;
  const Outcome outcome = run_program(
      {"evaluate", "--policy", "W8A8", "--split", "test", "--json", "e.json"}, folder.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  const auto json = nlohmann::json::parse(contents_of(folder.file("e.json")));
  for (const char* key : {"accuracy_pct", "reference_accuracy_pct", "images", "images_per_s"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
  EXPECT_EQ(json["images"], 10000);
  EXPECT_GE(json["float_accuracy_pct"].get<double>(), 90.0);
  EXPECT_LE(std::abs(json["accuracy_pct"].get<double>() - json["float_accuracy_pct"].get<double>()),
            0.3);
}

TEST(EvaluateCommand, AdcExactDiffersOnlyWhereConversionsAreLossy) {
  const ScratchDirectory folder;
  const auto evaluate = [&](const char* bits) {
    const Outcome outcome = run_program({"evaluate", "--policy", "W8A8", "--images", "200",
                                         "--adc-exact", "--adc.bits", bits, "--json", "e.json"},
                                        folder.path());
    EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
    return nlohmann::json::parse(contents_of(folder.file("e.json")));
  };
  const auto fine = evaluate("9");
  EXPECT_EQ(fine["adc_exact"]["accuracy_pct"], fine["accuracy_pct"]);
  EXPECT_EQ(fine["adc_exact"]["clipped_conversions"]["C1"], 0);
  const auto coarse = evaluate("3");
  EXPECT_EQ(coarse["accuracy_pct"], fine["accuracy_pct"]);
  EXPECT_LT(coarse["adc_exact"]["accuracy_pct"].get<double>(),
            coarse["accuracy_pct"].get<double>());
  EXPECT_GT(coarse["adc_exact"]["clipped_conversions"]["C3"], 0);
}

TEST(EvaluateCommand, RealCellsGiveAnAccuracyPerChip) {
  const ScratchDirectory folder;
  const auto evaluate = [&](Arguments more) {
    Arguments all = {"evaluate", "--policy",      "W6A4", "--images", "300",   "--cells.spread",
                     "normal",   "--cells.sigma", "0.08", "--json",   "e.json"};
    all.insert(all.end(), more.begin(), more.end());
    const Outcome outcome = run_program(all, folder.path());
    EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
    return nlohmann::json::parse(contents_of(folder.file("e.json")));
  };
  const auto chips = evaluate({"--seeds", "1..3", "--threads", "1"});
  const auto& measured = chips["adc_exact"];
  ASSERT_EQ(measured["chips"].size(), 3U);
  double sum = 0;
  for (const auto& chip : measured["chips"]) sum += chip["accuracy_pct"].get<double>();
  EXPECT_NEAR(measured["accuracy_pct"].get<double>(), sum / 3, 1e-9);
  EXPECT_LT(measured["accuracy_pct"].get<double>(), chips["accuracy_pct"].get<double>());
  EXPECT_GT(measured["spread_points"].get<double>(), 0.0);
  EXPECT_LT(measured["interval_95_pct"][0].get<double>(), measured["accuracy_pct"].get<double>());
  EXPECT_GT(measured["interval_95_pct"][1].get<double>(), measured["accuracy_pct"].get<double>());
  // Seed by seed and with other threads: the same chips.
  const auto again = evaluate({"--seeds", "3,1", "--threads", "2"})["adc_exact"]["chips"];
  EXPECT_EQ(again[0], measured["chips"][2]);
  EXPECT_EQ(again[1], measured["chips"][0]);
  const auto alone = evaluate({"--cells.seed", "2"})["adc_exact"];
  EXPECT_EQ(alone["accuracy_pct"], measured["chips"][1]["accuracy_pct"]);
  EXPECT_FALSE(alone.contains("spread_points"));
}

TEST(EvaluateCommand, ConvertersWithErrorsGiveAnAccuracyPerChip) {
  const ScratchDirectory folder;
  const Outcome outcome =
      run_program({"evaluate", "--policy", "W4A4", "--images", "200", "--adc.offset_sigma", "2",
                   "--seeds", "1..2", "--json", "e.json"},
                  folder.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  EXPECT_NE(outcome.output.find("(real converters; ADC of 8 bits, lsb 1)"), std::string::npos)
      << outcome.output;
  const auto json = nlohmann::json::parse(contents_of(folder.file("e.json")));
  ASSERT_EQ(json["adc_exact"]["chips"].size(), 2U);
  EXPECT_LT(json["adc_exact"]["accuracy_pct"].get<double>(), json["accuracy_pct"].get<double>());
}

TEST(EvaluateCommand, CellsThatAreIdealHaveNoSeeds) {
  const ScratchDirectory folder;
  const Outcome ideal = run_program({"evaluate", "--seeds", "1..3"}, folder.path());
  EXPECT_EQ(ideal.exit_code, 2);
  EXPECT_NE(ideal.error.find("--seeds 1..3: needs cells that are not ideal"), std::string::npos)
      << ideal.error;
  const Outcome large =
      run_program({"evaluate", "--cells.spread", "wan", "--seeds", "4000000000"}, folder.path());
  EXPECT_EQ(large.exit_code, 2);
  EXPECT_NE(large.error.find("must be at most 2147483647"), std::string::npos) << large.error;
  const Outcome copies =
      run_program({"simulate", "--cells.spread", "wan", "--mapping.replicate", "2"}, folder.path());
  EXPECT_EQ(copies.exit_code, 2);
  EXPECT_NE(copies.error.find("mapping.replicate = 2: must be 1 with real cells"),
            std::string::npos)
      << copies.error;
}

class SearchCommand : public ::testing::Test {
 protected:
  static Arguments arguments(const std::string& out, Arguments more = {}) {
    Arguments a = {"search", "--th", "0.8", "--episodes", "40", "--seed", "7", "--out", out};
    a.insert(a.end(), more.begin(), more.end());
    return a;
  }
  void expect_equal_runs(const std::string& a, const std::string& b) const {
    for (const char* file : {"episodes.csv", "updates.csv", "best_policy.json", "summary.json"}) {
      const std::string expected = contents_of(folder_.file(a + "/" + file));
      EXPECT_FALSE(expected.empty()) << file;
      EXPECT_EQ(contents_of(folder_.file(b + "/" + file)), expected) << file;
    }
  }
  const ScratchDirectory folder_;
};

TEST_F(SearchCommand, TheSameSeedGivesTheSameBytes) {
  ASSERT_EQ(run_program(arguments("a"), folder_.path()).exit_code, 0);
  ASSERT_EQ(run_program(arguments("b"), folder_.path()).exit_code, 0);
  expect_equal_runs("a", "b");
  // Only who asked, and when, is each run's own; asking for a finished run again is no session.
  ASSERT_EQ(run_program(arguments("b", {"--resume"}), folder_.path()).exit_code, 0);
  const auto sessions = nlohmann::json::parse(contents_of(folder_.file("b/sessions.json")));
  ASSERT_EQ(sessions.size(), 1U);
  const auto command = sessions[0]["command"].get<std::string>();
  EXPECT_EQ(command.rfind("kirchhoff search ", 0), 0U) << command;
  EXPECT_NE(command.find("--out b"), std::string::npos) << command;
}

TEST_F(SearchCommand, WhatOtherSearchesRememberedChangesNoByte) {
  const char* const variable = "KIRCHHOFF_CACHE";
  const char* const before = std::getenv(variable);
  const std::string kept = before == nullptr ? "" : before;
  const auto search = [&](const std::string& cache, const std::string& out, const char* race) {
    ::setenv(variable, folder_.file(cache).c_str(), 1);
    const Outcome outcome = run_program(
        arguments(out, {"--validation-images", "1500", "--race-images", race}), folder_.path());
    EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
  };
  search("empty", "alone", "700");
  search("shared", "without_race", "0");
  search("shared", "after_another", "700");
  if (before == nullptr) {
    ::unsetenv(variable);
  } else {
    ::setenv(variable, kept.c_str(), 1);
  }
  expect_equal_runs("alone", "after_another");
}

TEST_F(SearchCommand, AccuraciesAreThoseOfTheConvertersThatArePriced) {
  for (const char* const bits : {"2", "9"}) {
    SCOPED_TRACE(bits);
    const std::string out = std::string("adc") + bits;
    const Outcome search = run_program(
        {"search", "--method", "uniform", "--th", "0.95", "--adc.bits", bits, "--validation-images",
         "200", "--race-images", "0", "--final.candidates", "0", "--out", out},
        folder_.path());
    ASSERT_EQ(search.exit_code, 0) << search.error;
    // Nothing is lost with 9 bits, and nothing is modelled then.
    EXPECT_EQ(search.output.find("adc                   modelled") == std::string::npos,
              std::string(bits) == "9");
    const auto best =
        nlohmann::json::parse(contents_of(folder_.file(out + "/summary.json")))["best"];
    const std::string policy = best["policy"];
    const Outcome evaluate = run_program({"evaluate", "--policy", policy, "--images", "200",
                                          "--adc-exact", "--adc.bits", bits, "--json", "e.json"},
                                         folder_.path());
    ASSERT_EQ(evaluate.exit_code, 0) << evaluate.error;
    const auto exact = nlohmann::json::parse(contents_of(folder_.file("e.json")));
    EXPECT_EQ(best["accuracy_pct"], exact["adc_exact"]["accuracy_pct"]);
    if (std::string(bits) == "2") {
      EXPECT_LT(best["accuracy_pct"].get<double>(), exact["accuracy_pct"].get<double>() - 5.0);
    }
  }
  // Real cells: the same chip, and its keys in the run's settings.
  const Arguments cells = {"--cells.spread", "neurram", "--cells.seed", "5"};
  Arguments search = {"search",  "--method",
                      "uniform", "--th",
                      "0.95",    "--validation-images",
                      "200",     "--race-images",
                      "0",       "--final.candidates",
                      "0",       "--out",
                      "cells"};
  search.insert(search.end(), cells.begin(), cells.end());
  const Outcome found = run_program(search, folder_.path());
  ASSERT_EQ(found.exit_code, 0) << found.error;
  EXPECT_NE(found.output.find("cells.spread = neurram"), std::string::npos) << found.output;
  const auto best = nlohmann::json::parse(contents_of(folder_.file("cells/summary.json")))["best"];
  Arguments evaluate = {"evaluate", "--policy", best["policy"], "--images",
                        "200",      "--json",   "e.json"};
  evaluate.insert(evaluate.end(), cells.begin(), cells.end());
  ASSERT_EQ(run_program(evaluate, folder_.path()).exit_code, 0);
  const auto chip = nlohmann::json::parse(contents_of(folder_.file("e.json")));
  EXPECT_EQ(best["accuracy_pct"], chip["adc_exact"]["accuracy_pct"]);
  const auto config = nlohmann::json::parse(contents_of(folder_.file("cells/config.json")));
  EXPECT_EQ(config["cells.seed"], "5");
  // Asked for, it changes no byte of what was found.
  for (const Arguments& more : {Arguments{}, Arguments{"--adc-exact"}}) {
    const Outcome search = run_program(
        arguments(more.empty() ? "plain" : "exact",
                  [&] {
                    Arguments all = {"--validation-images", "200", "--method", "uniform"};
                    all.insert(all.end(), more.begin(), more.end());
                    return all;
                  }()),
        folder_.path());
    ASSERT_EQ(search.exit_code, 0) << search.error;
  }
  for (const char* file : {"episodes.csv", "summary.json"}) {
    EXPECT_EQ(contents_of(folder_.file(std::string("plain/") + file)),
              contents_of(folder_.file(std::string("exact/") + file)));
  }
}

TEST_F(SearchCommand, TuningEveryPolicyRecoversMuchOfWhatTwoBitsLose) {
  const auto accuracy = [&](const std::string& out, const Arguments& tuning) {
    // Of W8A8 down to W2A2 in the middle, only the last costs so little.
    Arguments a = {
        "search", "--method",           "uniform", "--th",  "0.72", "--validation-images",
        "500",    "--final.candidates", "0",       "--out", out};
    a.insert(a.end(), tuning.begin(), tuning.end());
    const Outcome outcome = run_program(a, folder_.path());
    EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
    const auto summary = nlohmann::json::parse(contents_of(folder_.file(out + "/summary.json")));
    EXPECT_EQ(summary["best"]["policy"], "8/8,2/2,2/2,2/2,8/8");
    return summary["best"]["accuracy_pct"].get<double>();
  };
  const double plain = accuracy("plain", {});
  const double tuned = accuracy("tuned", {"--tune-each", "1", "--tune-images", "4000"});
  EXPECT_GT(tuned, plain + 10.0);
}

TEST_F(SearchCommand, AKilledRunResumesToTheSameResult) {
  ASSERT_EQ(run_program(arguments("whole"), folder_.path()).exit_code, 0);
  for (const int milliseconds : {900, 1500}) {
    const std::string out = "cut" + std::to_string(milliseconds);
    const pid_t child = ::fork();
    if (child == 0) {
      const int null = ::open("/dev/null", O_WRONLY);
      ::dup2(null, STDOUT_FILENO);
      ::dup2(null, STDERR_FILENO);
      if (::chdir(folder_.path().c_str()) != 0) ::_exit(126);
      std::vector<char*> argv{const_cast<char*>(KIRCHHOFF_PROGRAM)};
      const Arguments a = arguments(out);
      for (const auto& s : a) argv.push_back(const_cast<char*>(s.c_str()));
      argv.push_back(nullptr);
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    // Wherever the kill fell, before the run's folder existed or after its end, there is a way on.
    const bool begun = !contents_of(folder_.file(out + "/config.json")).empty();
    const Outcome outcome =
        run_program(begun ? arguments(out, {"--resume"}) : arguments(out), folder_.path());
    ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
    expect_equal_runs("whole", out);
  }
}

}  // namespace
}  // namespace kirchhoff::cli
