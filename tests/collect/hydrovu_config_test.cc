#include "collect/hydrovu_config.h"

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include "pond/collect.h"
#include "pond/error.h"

namespace pond::collect::hydrovu {
namespace {

constexpr const char* kLeast =
    "client_id: ${env:A}\nclient_secret: ${env:B}\npond_path: /hydrovu\n";

std::string problem(const std::string& yaml) {
  try {
    validate(YAML::Load(yaml));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::InvalidArgument);
    return error.what() + (error.hint().empty() ? "" : " | " + error.hint());
  }
  return "none";
}

TEST(HydrovuConfig, TheExampleIsValid) {
  factory::Registry registry;
  add_collectors(registry);
  const auto& type = registry.get("hydrovu");
  EXPECT_NO_THROW(type.validate(YAML::Load(type.example), registry));
}

TEST(HydrovuConfig, HasDefaults) {
  const Config config = parse_config(validate(YAML::Load(kLeast)));
  EXPECT_EQ(config.base_url, "https://www.hydrovu.com");
  EXPECT_EQ(config.client_id, "${env:A}");
  EXPECT_EQ(config.client_secret, "${env:B}");
  EXPECT_EQ(config.pond_path, "/hydrovu");
  EXPECT_TRUE(config.locations.empty());
  EXPECT_EQ(config.start_us, std::nullopt);
  EXPECT_EQ(config.lookback_us, 86'400'000'000);
  EXPECT_EQ(config.max_points_per_run, 0u);
}

TEST(HydrovuConfig, SecretsMustBeEnvironmentReferences) {
  const std::string refused =
      problem("client_id: ${env:A}\nclient_secret: hunter2\npond_path: /hydrovu\n");
  EXPECT_NE(refused.find("must be an environment reference"), std::string::npos) << refused;
  EXPECT_NE(refused.find("client_secret"), std::string::npos) << refused;
  EXPECT_EQ(refused.find("hunter2"), std::string::npos) << refused;
}

TEST(HydrovuConfig, SaysWhatIsWrongWhere) {
  const std::string least = kLeast;
  EXPECT_NE(problem(least + "locatoins: all\n").find("did you mean locations?"), std::string::npos);
  EXPECT_EQ(problem(least + "start: yesterday\n").find("line 4, spec.start: "), 0u);
  EXPECT_EQ(problem(least + "max_points_per_run: 0\n"),
            "line 4, spec.max_points_per_run: must be positive");
  EXPECT_EQ(problem(least + "lookback: soon\n").find("line 4, spec.lookback: "), 0u);
  EXPECT_EQ(problem(least + "base_url: www.hydrovu.com\n"),
            "line 4, spec.base_url: must be an http(s) URL");
  EXPECT_EQ(problem("client_id: ${env:A}\nclient_secret: ${env:B}\npond_path: hydrovu\n"),
            "line 3, spec.pond_path: must be a path from the root: /hydrovu");
  EXPECT_EQ(problem(least + "locations: []\n"),
            "line 4, spec.locations: must be a list of {id, name}, or all");
  EXPECT_EQ(problem(least + "locations:\n- {id: 1, name: a b}\n- {id: 2, name: a_b}\n"),
            "line 6, spec.locations[1].name: two locations would be stored as a_b");
  EXPECT_EQ(problem(least + "locations: all\n"), "none");
}

TEST(HydrovuConfig, NamesBecomeFitForPaths) {
  EXPECT_EQ(node_name("Silver Lake"), "Silver_Lake");
  EXPECT_EQ(node_name("a/b*c"), "a_b_c");
  EXPECT_EQ(node_name(".hidden"), "_hidden");
  EXPECT_EQ(node_name("Åsele-2"), "Åsele-2");
}

}  // namespace
}  // namespace pond::collect::hydrovu
