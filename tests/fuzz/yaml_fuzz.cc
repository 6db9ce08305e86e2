// apply's documents and the factories' configurations.
#include <yaml-cpp/yaml.h>

#include "fuzz/fuzz.h"
#include "pond/apply.h"
#include "pond/collect.h"
#include "pond/site.h"

using namespace pond;

namespace {

factory::Registry all_factories() {
  factory::Registry registry;
  factory::add_factories(registry);
  collect::add_collectors(registry);
  site::add_site(registry);
  return registry;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const factory::Registry registry = all_factories();
  const std::string text(reinterpret_cast<const char*>(data), size);
  fuzz::answers([&] { factory::substitute_environment(text); });
  fuzz::answers([&] {
    const auto documents =
        factory::read_documents({{"file", text}}, registry, {{"NAME", "value"}, {"OTHER", "x"}});
    for (const auto& document : documents) {
      if (document.kind != factory::ApplyDocument::Kind::Mknod) continue;
      const std::string again = registry.validate(document.factory, YAML::Load(document.config),
                                                  "the stored configuration");
      fuzz::expect(again == document.config, "a configuration is valid and stays as it is", again);
      tinyfs::DynamicSpec spec;
      spec.factory = document.factory;
      spec.config = document.config;
      fuzz::answers([&] { registry.load(spec, {.fs = nullptr, .registry = &registry})->info(); });
    }
  });
  // The same text as the configuration of every factory.
  for (const auto& name : registry.names()) {
    fuzz::answers([&] {
      YAML::Node config;
      try {
        config = YAML::Load(text);
      } catch (const YAML::Exception&) {
        return;
      }
      registry.validate(name, config, "file");
    });
  }
  return 0;
}
