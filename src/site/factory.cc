#include <fmt/format.h>

#include "pond/error.h"
#include "pond/site.h"
#include "site/spec.h"

namespace pond::site {

void add_site(factory::Registry& registry) {
  factory::FactoryType type;
  type.name = "site";
  type.summary = "a static web page of zoomable charts";
  type.example = kExampleSpec;
  type.validate = [](const YAML::Node& config, const factory::Registry&) {
    return validate_spec(config);
  };
  type.run = [](const tinyfs::DynamicSpec& spec, factory::RunContext& context) {
    if (context.arguments.size() != 1) {
      throw Error(ErrorCode::InvalidArgument, "a site is built into one folder",
                  "name it: pond run /site /var/www/pond");
    }
    const BuildReport built = build_site(context.fs, context.session, parse_spec(spec.config),
                                         context.arguments[0], {false, &context.progress});
    factory::RunReport report;
    report.rows = built.rows;
    report.lines.push_back(
        fmt::format("{}: {} files written, {} unchanged, {} removed, {:.1f} MB, {:.2f} s",
                    context.arguments[0], built.files_written, built.files_unchanged,
                    built.files_removed, static_cast<double>(built.bytes) / 1e6, built.seconds));
    for (const auto& warning : built.warnings)
      report.lines.push_back("note: " + warning);
    return report;
  };
  registry.add(std::move(type));
}

}  // namespace pond::site
