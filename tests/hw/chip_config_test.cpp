#include "hw/config/chip_config.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/hw/config_error.h"

namespace kirchhoff::hw {
namespace {

TEST(ChipConfigTest, ContradictionsBetweenKeysAreRefused) {
  EXPECT_NE(error_of_text("[cost]\nalpha = 0.5\n"), "");
  EXPECT_NE(error_of_text("[chip]\nmesh_width = 3\n"), "");
  const std::string packet = error_of_text("[noc]\npacket_flits = 33\n");
  EXPECT_NE(packet.find("noc.packet_flits = 33"), std::string::npos) << packet;
  EXPECT_NE(packet.find("noc.buffer_flits = 32"), std::string::npos) << packet;
  EXPECT_NE(error_of_text("[noc]\npacket_flits = 0\n"), "");
  EXPECT_NE(error_of_text("[noc]\nflow_control = wormhole\npacket_flits = 1\n"), "");
  EXPECT_EQ(error_of_text("[noc]\nflow_control = wormhole\npacket_flits = 0\n"), "");
  EXPECT_NE(error_of_text("[noc]\ntopology = cmesh\nconcentration = 5\n"), "");
  const std::string reuse = error_of_text("[noc]\nvc_reuse = tail_credit\n");
  EXPECT_NE(reuse.find("noc.flow_control = wormhole"), std::string::npos) << reuse;
  const std::string credit = error_of_text("[noc]\ncredit_cycles = 2\n");
  EXPECT_NE(credit.find("noc.flow_control = wormhole"), std::string::npos) << credit;
  EXPECT_EQ(error_of_text("[noc]\nflow_control = wormhole\nvc_reuse = tail_credit\n"
                          "credit_cycles = 2\n"),
            "");
  // Four hops of 5 + 1 cycles for the head and 32 flits; a longer hop needs more patience.
  EXPECT_EQ(error_of_text("[noc]\nwatchdog_cycles = 152\n"), "");
  const std::string watchdog = error_of_text("[noc]\nwatchdog_cycles = 151\n");
  EXPECT_NE(watchdog.find("noc.watchdog_cycles = 151: must be 0, or at least 152"),
            std::string::npos)
      << watchdog;
  EXPECT_NE(error_of_text("[noc]\nwatchdog_cycles = 152\nlink_cycles = 16\n"), "");
  EXPECT_EQ(error_of_text("[noc]\nwatchdog_cycles = 0\nlink_cycles = 16\n"), "");
  EXPECT_EQ(error_of_text("[noc]\ntopology = cmesh\nconcentration = 9\n"), "");
}

TEST(ChipConfigTest, WhatCannotBeReadIsRefused) {
  const std::string data = error_of_text("[dac]\nbits = 2\n[crossbar]\nenergy = data\n");
  EXPECT_NE(data.find("dac.bits = 2: must be 1 with crossbar.energy = data"), std::string::npos)
      << data;
  const std::string integrated =
      error_of_text("[dac]\nlevels = integrated\n[sample_hold]\npresent = false\n");
  EXPECT_NE(integrated.find("needs sample_hold.present = true"), std::string::npos) << integrated;
  EXPECT_EQ(error_of_text("[dac]\nlevels = integrated\nbits = 3\n"), "");
  const std::string near_memory = error_of_text("[dac]\nlevels = digital\n");
  EXPECT_NE(near_memory.find("crossbar.rows_per_read = 0: must be 1 with dac.levels = digital"),
            std::string::npos)
      << near_memory;
  EXPECT_EQ(error_of_text("[dac]\nlevels = digital\nbits = 8\n[crossbar]\nrows_per_read = 1\n"),
            "");
  const std::string wide =
      error_of_text("[dac]\nbits = 8\n[crossbar]\nrows = 1024\n[cells]\nspread = neurram\n");
  EXPECT_NE(wide.find("dac.bits = 8: 1024 real cells at once"), std::string::npos) << wide;
  EXPECT_EQ(error_of_text("[dac]\nbits = 8\n[crossbar]\nrows = 1024\nrows_per_read = 128\n"
                          "[cells]\nspread = neurram\n"),
            "");
  EXPECT_EQ(error_of_text("[dac]\nbits = 8\n[crossbar]\nrows = 1024\n"), "");
}

TEST(ChipConfigTest, ErrorsThatAConverterCannotHaveAreRefused) {
  EXPECT_EQ(error_of_text("[adc]\noffset_sigma = 0.5\ngain_sigma = 0.01\ninl_lsb = 0.5\n"
                          "dnl_lsb = 0.1\n"),
            "");
  EXPECT_NE(error_of_text("[adc]\noffset_sigma = -0.5\n"), "");
  EXPECT_NE(error_of_text("[adc]\ngain_sigma = 0.3\n"), "");
  EXPECT_NE(error_of_text("[adc]\ndnl_lsb = 0.6\n"), "");
  EXPECT_NE(error_of_text("[adc]\ninl_curve = z\n"), "");
  const std::string wide = error_of_text("[adc]\nbits = 13\ninl_lsb = 1\n");
  EXPECT_NE(wide.find("adc.bits = 13: must be at most 12 with adc.inl_lsb = 1"), std::string::npos)
      << wide;
  EXPECT_EQ(error_of_text("[adc]\nbits = 13\n"), "");
  for (const char* key : {"offset_sigma", "inl_lsb", "dnl_lsb"}) {
    const std::string spikes =
        error_of_text("[adc]\nkind = integrate_fire\n" + std::string(key) + " = 0.1\n");
    EXPECT_NE(
        spikes.find("adc." + std::string(key) + " = 0.1: must be 0 with adc.kind = integrate_fire"),
        std::string::npos)
        << spikes;
  }
  EXPECT_EQ(error_of_text("[adc]\nkind = integrate_fire\ngain_sigma = 0.1\n"), "");
  const std::string copies = error_of_text("[mapping]\nreplicate = 2\n[adc]\noffset_sigma = 1\n");
  EXPECT_NE(copies.find("mapping.replicate = 2: must be 1"), std::string::npos) << copies;
}

TEST(ChipConfigTest, NoiseIsCheckedLikeOtherDeviations) {
  EXPECT_EQ(error_of_text("[cells]\nread_noise = 0.1\nnoise_law = independent\n"
                          "[adc]\nnoise_lsb = 0.5\n"),
            "");
  EXPECT_NE(error_of_text("[cells]\nread_noise = 1.5\n"), "");
  EXPECT_NE(error_of_text("[cells]\nnoise_law = inverse\n"), "");
  EXPECT_NE(error_of_text("[cells]\nreading = 65536\n"), "");
  EXPECT_NE(error_of_text("[adc]\nnoise_lsb = -0.1\n"), "");
  // Thresholds stay where they are: any number of them, and spikes.
  EXPECT_EQ(error_of_text("[adc]\nbits = 16\nnoise_lsb = 0.5\n"), "");
  EXPECT_EQ(error_of_text("[adc]\nkind = integrate_fire\nnoise_lsb = 0.5\n"), "");
  for (const char* key : {"[cells]\nread_noise = 0.1\n", "[adc]\nnoise_lsb = 0.1\n"}) {
    const std::string copies = error_of_text(std::string("[mapping]\nreplicate = 2\n") + key);
    EXPECT_NE(copies.find("mapping.replicate = 2: must be 1"), std::string::npos) << copies;
  }
  const std::string full = "[dac]\nbits = 6\n[crossbar]\nrows = 1024\n[cells]\n";
  EXPECT_EQ(error_of_text(full + "read_noise = 0.1\n"), "");
  EXPECT_NE(error_of_text(full + "read_noise = 1\n").find("dac.bits = 6: 1024 real cells"),
            std::string::npos);
}

TEST(ChipConfigTest, DeviationsAreTheKeysThatDrawThem) {
  PeConfig pe;
  EXPECT_EQ(pe.deviations(), "");
  pe.cells.seed = 3;
  EXPECT_EQ(pe.deviations(), "");
  pe.adc.errors.gain_sigma = 0.01;
  EXPECT_EQ(pe.deviations(), "cells.seed = 3, adc.gain_sigma = 0.01");
  pe.cells.stuck_low = 0.1;
  EXPECT_EQ(pe.deviations(), "cells.seed = 3, cells.stuck_low = 0.1, adc.gain_sigma = 0.01");
}

}  // namespace
}  // namespace kirchhoff::hw
