#include <gtest/gtest.h>

#include "files.h"
#include "quant/network/networks.h"

namespace kirchhoff::quant {
namespace {

const char* const kSmall = R"({
  "name": "small", "image": {"channels": 1, "height": 12, "width": 10},
  "layers": [
    {"name": "A", "kind": "convolution", "out_channels": 4, "kernel": [3, 2],
     "stride": 1, "padding": 1, "pool": 2},
    {"name": "B", "kind": "convolution", "out_channels": 5, "kernel": 3, "stride": 2},
    {"name": "C", "kind": "fully_connected", "out_channels": 7}
  ]})";

/// kSmall with its first `from` replaced by `to`.
std::string changed(const std::string& from, const std::string& to) {
  std::string text = kSmall;
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

void expect_rejected(const std::string& from, const std::string& to,
                     const std::vector<std::string>& parts) {
  SCOPED_TRACE(to);
  const std::string text = changed(from, to);
  std::vector<std::string> all = parts;
  all.emplace_back("small.json: ");
  expect_input_error([&] { parse_network(text, "small.json"); }, all);
}

TEST(Lenet5, HasThePublishedShapes) {
  const Network network = lenet5();
  ASSERT_EQ(network.layers.size(), 5);
  EXPECT_EQ(network.image, (Shape{1, 32, 32}));
  const char* const names[] = {"C1", "C3", "C5", "F6", "OUT"};
  const int rows[] = {25, 150, 400, 120, 84};
  const int windows[] = {784, 100, 1, 1, 1};
  const Shape outputs[] = {{6, 14, 14}, {16, 5, 5}, {120, 1, 1}, {84, 1, 1}, {10, 1, 1}};
  long long macs = 0;
  long long parameters = 0;
  for (std::size_t l = 0; l < 5; ++l) {
    const Layer& layer = network.layers[to_id<LayerId>(l)];
    EXPECT_EQ(layer.name, names[l]);
    EXPECT_EQ(layer.rows(), rows[l]) << layer.name;
    EXPECT_EQ(layer.windows(), windows[l]) << layer.name;
    EXPECT_EQ(layer.output(), outputs[l]) << layer.name;
    EXPECT_EQ(!layer.function.is_none(), l != 4) << layer.name;
    macs += layer.macs();
    parameters += 1LL * layer.rows() * layer.out_channels + layer.out_channels;
  }
  EXPECT_EQ(network.layers[LayerId{2}].kind, LayerKind::kConvolution);
  EXPECT_EQ(network.layers[LayerId{3}].kind, LayerKind::kFullyConnected);
  EXPECT_EQ(macs, 416520);
  EXPECT_EQ(parameters, 61706);
}

TEST(Vgg13, HasThePapersShapes) {
  const Network network = vgg13();
  ASSERT_EQ(network.layers.size(), 8);
  const int rows[] = {27, 1152, 1152, 2304, 2304, 4608, 4608, 1024};
  const int windows[] = {1024, 1024, 256, 256, 64, 64, 4, 1};
  long long macs = 0;
  long long weights = 0;
  for (std::size_t l = 0; l < 8; ++l) {
    const Layer& layer = network.layers[to_id<LayerId>(l)];
    EXPECT_EQ(layer.name, l < 7 ? "CONV" + std::to_string(l + 1) : "FC");
    EXPECT_EQ(layer.rows(), rows[l]) << layer.name;
    EXPECT_EQ(layer.windows(), windows[l]) << layer.name;
    macs += layer.macs();
    weights += 1LL * layer.rows() * layer.out_channels;
  }
  EXPECT_EQ(network.layers[LayerId{6}].output(), (Shape{1024, 1, 1}));
  EXPECT_EQ(macs, 626403328);
  EXPECT_EQ(weights, 9303424);
}

TEST(Vgg16, HasThePublishedSize) {
  const Network network = find_network("vgg16");
  ASSERT_EQ(network.layers.size(), 16);
  EXPECT_EQ(network.layers[LayerId{12}].output(), (Shape{512, 7, 7}));
  EXPECT_EQ(network.layers[LayerId{13}].rows(), 25088);
  EXPECT_EQ(network.layers[LayerId{15}].output(), (Shape{1000, 1, 1}));
  long long macs = 0, weights = 0;
  for (const Layer& layer : network.layers) {
    macs += layer.macs();
    weights += 1LL * layer.rows() * layer.out_channels;
  }
  EXPECT_EQ(macs, 15470264320);
  EXPECT_EQ(weights, 138344128);
}

TEST(FindNetwork, KnowsTheBuiltInNamesAndFiles) {
  EXPECT_EQ(find_network("lenet5").name, "lenet5");
  EXPECT_EQ(find_network("vgg13").name, "vgg13");
  EXPECT_EQ(find_network("vgg16").name, "vgg16");
  const TemporaryFolder folder;
  write_file(folder.path("net.json"), kSmall);
  EXPECT_EQ(find_network(folder.path("net.json")).name, "small");
}

TEST(FindNetwork, RefusesWhatIsNeitherANameNorAFile) {
  expect_input_error([] { find_network("lenet6"); }, {"\"lenet6\"", "lenet5, ", "no such file"});
  expect_input_error([] { find_network(""); }, {"lenet5, "});
  const TemporaryFolder folder;
  expect_input_error([&] { find_network(folder.path()); },
                     {folder.path(), "is a folder, not a file"});
}

TEST(ParseNetwork, ReadsEveryKeyAndDerivesTheMaps) {
  const Network network = parse_network(kSmall, "small.json");
  ASSERT_EQ(network.layers.size(), 3);
  const Layer& a = network.layers[LayerId{0}];
  EXPECT_EQ(a.kernel_height, 3);
  EXPECT_EQ(a.kernel_width, 2);
  EXPECT_EQ(a.padding, Padding(1));
  EXPECT_EQ(a.convolved(), (Shape{4, 12, 11}));
  EXPECT_EQ(a.output(), (Shape{4, 6, 5}));
  EXPECT_EQ(a.windows(), 120);  // the eleventh column never reaches a full pooling window
  const Layer& b = network.layers[LayerId{1}];
  EXPECT_EQ(b.input, a.output());
  EXPECT_EQ(b.stride, Extent(2));
  EXPECT_EQ(b.padding, Padding(0));
  EXPECT_EQ(b.pool, 1);
  EXPECT_EQ(b.output(), (Shape{5, 2, 2}));
  EXPECT_EQ(b.inputs, std::vector<TensorId>{output_of(LayerId{0})});
  const Layer& c = network.layers[LayerId{2}];
  EXPECT_EQ(c.kind, LayerKind::kFullyConnected);
  EXPECT_EQ(c.rows(), 20);
  EXPECT_EQ(c.output(), (Shape{7, 1, 1}));
  EXPECT_EQ(a.function, Function::relu());
  EXPECT_EQ(b.function, Function::relu());
  EXPECT_TRUE(c.function.is_none());
}

TEST(ParseNetwork, RefusesTextThatIsNoDescription) {
  expect_input_error([] { parse_network("", "e.json"); }, {"e.json: not valid JSON"});
  expect_input_error([] { parse_network("{\"name\": ", "e.json"); },
                     {"e.json: not valid JSON", "line 1"});
  expect_input_error([] { parse_network("[]", "e.json"); }, {"e.json: []: must be an object"});
  expect_input_error([] { parse_network("{}", "e.json"); }, {"key \"name\" is missing"});
  expect_input_error([] { parse_network(std::string("\xff\x00", 2), "e.json"); },
                     {"not valid JSON"});
}

TEST(ParseNetwork, NamesTheLayerTheKeyTheValueAndTheRule) {
  expect_rejected("\"name\": \"small\", ", "", {"key \"name\" is missing"});
  expect_rejected("\"small\"", "\"\"", {"name = \"\"", "1 to 64 letters"});
  expect_rejected("\"small\"", "7", {"name = 7: must be a string"});
  expect_rejected("\"small\"", "\"sm/all\"", {"\"sm/all\"", "letters"});
  expect_rejected("\"image\"", "\"picture\"", {"unknown key \"picture\"", "name, image, layers"});
  expect_rejected("\"height\": 12", "\"height\": 0", {"image: height = 0", "[1, 1024]"});
  expect_rejected("\"height\": 12", "\"height\": 12.5", {"height = 12.5", "integer in [1, 1024]"});
  expect_rejected("\"height\": 12", "\"height\": \"12\"", {"height = \"12\""});
  expect_rejected("\"height\": 12", "\"height\": 18446744073709551615", {"[1, 1024]"});
  expect_rejected("\"height\": 12", "\"height\": 12, \"height\": 12", {"\"height\" appears twice"});
  expect_rejected("\"width\": 10", "\"depth\": 10", {"unknown key \"depth\""});
  expect_rejected("\"convolution\"", "\"conv\"",
                  {"layers[0] (A)", "kind = \"conv\"", "fully_connected"});
  expect_rejected("\"out_channels\": 4", "\"out_channels\": 0",
                  {"layers[0] (A): out_channels = 0", "[1, 16384]"});
  expect_rejected("\"out_channels\": 4, ", "", {"layers[0] (A): key \"out_channels\" is missing"});
  expect_rejected("[3, 2]", "[3]", {"kernel = [3]", "[height, width]"});
  expect_rejected("[3, 2]", "[3, -2]", {"kernel[1] = -2"});
  expect_rejected("[3, 2]", "null", {"kernel = null"});
  expect_rejected("\"padding\": 1", "\"padding\": 2",
                  {"layers[0] (A): padding = 2: must be in [0, 1]"});
  expect_rejected("\"stride\": 1", "\"stride\": 0", {"stride = 0"});
  expect_rejected("\"pool\": 2", "\"pool\": 12", {"layers[0] (A): pool = 12: must be in [1, 11]"});
  expect_rejected("\"kernel\": 3", "\"kernel\": 6",
                  {"layers[1] (B): kernel width = 6: must be in [1, 5]"});
  expect_rejected("\"name\": \"B\"", "\"name\": \"A\"", {"layer 1 (A)", "used twice"});
  expect_rejected("\"fully_connected\"", "\"fully_connected\", \"pool\": 2",
                  {"layers[2] (C): unknown key \"pool\"", "out_channels"});
  expect_rejected("{\"name\": \"C\", \"kind\": \"fully_connected\", \"out_channels\": 7}", "17",
                  {"layers[2]: 17: must be an object"});
}

TEST(ParseNetwork, RefusesSizesThatWouldOverflow) {
  expect_input_error(
      [] {
        parse_network(
            R"({"name": "n", "image": {"channels": 16384, "height": 4, "width": 4}, "layers": [
            {"name": "A", "kind": "convolution", "out_channels": 1, "kernel": 3}]})",
            "n.json");
      },
      {"layers[0] (A): 147456 weights per output channel", "66311", "accumulator"});
  expect_input_error(
      [] {
        parse_network(R"({"name": "n", "image": {"channels": 16384, "height": 1024, "width": 1024},
            "layers": [{"name": "A", "kind": "convolution", "out_channels": 1, "kernel": 1}]})",
                      "n.json");
      },
      {"image map", "17179869184 values"});
  expect_input_error(
      [] {
        parse_network(
            R"({"name": "n", "image": {"channels": 1, "height": 1, "width": 1}, "layers": []})",
            "n.json");
      },
      {"layers: 0 entries"});
}

TEST(Validate, RefusesADescriptionThatDoesNotFitTogether) {
  Network network = lenet5();
  network.layers[LayerId{1}].input.height = 13;
  expect_input_error([&] { network.validate(); }, {"layer 1 (C3)", "6x13x14", "6x14x14"});

  network = lenet5();
  network.layers[LayerId{1}].inputs = {kImage};
  expect_input_error([&] { network.validate(); }, {"layer 1 (C3)", "6x14x14", "1x32x32"});

  network = lenet5();
  network.layers[LayerId{1}].inputs = {output_of(LayerId{3})};
  expect_input_error([&] { network.validate(); }, {"layer 1 (C3)", "layers before it"});

  network = lenet5();
  network.layers[LayerId{2}].groups = 7;
  expect_input_error([&] { network.validate(); }, {"layer 2 (C5)", "groups = 7"});

  network = lenet5();
  network.layers[LayerId{2}].residual = {output_of(LayerId{1})};
  expect_input_error([&] { network.validate(); }, {"layer 2 (C5)", "16x5x5", "120x1x1"});

  network = lenet5();
  network.layers[LayerId{4}].function = Function::relu();
  expect_input_error([&] { network.validate(); }, {"layer 4 (OUT)", "no function"});

  network = lenet5();
  network.layers[LayerId{3}].kernel_height = 0;
  expect_input_error([&] { network.validate(); }, {"layer 3 (F6)", "fully connected"});

  network = lenet5();
  network.layers.pop_back();
  network.layers.pop_back();
  network.layers.pop_back();
  network.layers[LayerId{1}].function = quant::Function::none();
  expect_input_error([&] { network.validate(); }, {"layer 1 (C3)", "no pooling"});
}

}  // namespace
}  // namespace kirchhoff::quant
