#include "factory/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <sstream>

#include "pond/error.h"
#include "tinyfs/path.h"

namespace pond::factory {
namespace {

constexpr int kMaxDepth = 64;
constexpr int kMaxValues = 100'000;

[[noreturn]] void refuse(const YAML::Node& node, const std::string& problem) {
  const YAML::Mark mark = node.Mark();
  throw Error(ErrorCode::InvalidArgument,
              (mark.is_null() ? "" : "line " + std::to_string(mark.line + 1) + ": ") + problem);
}

void check_below(const YAML::Node& node, int depth, int& values) {
  if (depth > kMaxDepth)
    refuse(node, "nests too deep, or an alias (*) is inside its own anchor (&)");
  if (++values > kMaxValues) refuse(node, "more than 100,000 values");
  if (node.IsScalar()) {
    if (!tinyfs::is_utf8(node.Scalar())) refuse(node, "is not UTF-8");
  } else if (node.IsSequence()) {
    for (const auto& item : node)
      check_below(item, depth + 1, values);
  } else if (node.IsMap()) {
    for (const auto& entry : node) {
      check_below(entry.first, depth + 1, values);
      check_below(entry.second, depth + 1, values);
    }
  }
}

// Each document must begin after the one before.
class Advance : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (mark.pos <= last_) throw YAML::ParserException(mark, "unexpected character");
    last_ = mark.pos;
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

 private:
  int last_ = -1;
};

}  // namespace

std::vector<YAML::Node> load_documents(const std::string& text) {
  std::istringstream input(text);
  YAML::Parser parser(input);
  Advance advance;
  while (parser.HandleNextDocument(advance)) {
  }
  return YAML::LoadAll(text);
}

void check_tree(const YAML::Node& node) {
  int values = 0;
  check_below(node, 0, values);
}

void check_variable(std::string_view name, std::string_view value) {
  if (!tinyfs::is_utf8(value))
    throw Error(ErrorCode::InvalidArgument,
                "the value of the variable " + std::string(name) + " is not UTF-8");
}

}  // namespace pond::factory
