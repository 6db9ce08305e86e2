#include "collect/hydrovu_job.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <set>

#include "collect/hydrovu_client.h"
#include "collect/hydrovu_config.h"
#include "collect/hydrovu_series.h"
#include "collect/hydrovu_tables.h"
#include "pond/error.h"
#include "pond/time.h"

namespace pond::collect::hydrovu {

namespace {

using std::chrono::steady_clock;

constexpr const char* kExample = R"(base_url: https://www.hydrovu.com
client_id: ${env:HYDRO_KEY_ID}
client_secret: ${env:HYDRO_KEY_VALUE}
pond_path: /hydrovu
locations:
  - {id: "6582334615060480", name: SilverLake}
start: 2024-01-01T00:00:00Z
lookback: 1d
give_up_after: 5m
max_points_per_run: 1000000
)";

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kHour = 3600 * kSecond;
constexpr std::int64_t kDay = 24 * kHour;

// A commit has about this many rows, and waits for them about this long.
constexpr std::uint64_t kBatchRows = 20'000;
constexpr std::size_t kBatchReadings = 250'000;
constexpr std::chrono::seconds kBatchTime{30};

constexpr std::int64_t kFirstWindow_us = 30 * kDay;
constexpr std::int64_t kShortestWindow_us = kHour;
constexpr std::int64_t kLongestWindow_us = 20 * 366 * kDay;
// A window with more readings than this is asked for again in parts.
constexpr std::size_t kMostReadings = 1'000'000;

struct Arguments {
  std::set<std::string> names;  // of locations; empty: all of the configuration
  std::optional<std::int64_t> since_us;
};

Arguments parse_arguments(const std::vector<std::string>& words) {
  constexpr std::string_view kSince = "--since=";
  Arguments arguments;
  for (const std::string& word : words) {
    if (word.starts_with(kSince)) {
      arguments.since_us = parse_time(word.substr(kSince.size()));
    } else if (word.starts_with("-")) {
      throw Error(ErrorCode::InvalidArgument, "hydrovu does not know " + word,
                  "it takes names of locations and --since=TIME");
    } else {
      arguments.names.insert(word);
    }
  }
  return arguments;
}

// A location to collect and the name it is stored under.
struct Target {
  std::string name;
  Location location;
};

std::vector<Target> choose_targets(const Config& config, const std::vector<Location>& locations,
                                   const Arguments& arguments, std::vector<std::string>& problems) {
  std::vector<Target> targets;
  if (config.locations.empty()) {
    for (const Location& location : locations) {
      const std::string name = node_name(location.name);
      targets.push_back({name.empty() ? node_name(location.id) : name, location});
    }
  }
  for (const LocationChoice& choice : config.locations) {
    const auto found =
        std::find_if(locations.begin(), locations.end(),
                     [&](const Location& location) { return location.id == choice.id; });
    if (found == locations.end()) {
      problems.push_back("HydroVu shows no location " + choice.id +
                         (choice.name.empty() ? "" : " (" + choice.name + ")"));
      continue;
    }
    const std::string name = node_name(choice.name.empty() ? found->name : choice.name);
    targets.push_back({name.empty() ? node_name(choice.id) : name, *found});
  }
  std::map<std::string, int> uses;
  for (const Target& target : targets)
    ++uses[target.name];
  for (Target& target : targets) {
    if (uses[target.name] > 1) target.name += "-" + node_name(target.location.id);
  }

  if (arguments.names.empty()) return targets;
  std::vector<std::string> known;
  for (const Target& target : targets)
    known.push_back(target.name);
  for (const std::string& name : arguments.names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string near = nearest(name, known);
    throw Error(ErrorCode::InvalidArgument, "there is no location " + name + " to collect",
                near.empty() ? "" : "did you mean " + near + "?");
  }
  std::erase_if(targets,
                [&](const Target& target) { return !arguments.names.contains(target.name); });
  return targets;
}

// Collects one location, window by window.
class Collection {
 public:
  Collection(const Config& config, Client& client, factory::RunContext& context, Series& series,
             factory::RunReport& report)
      : client_(client),
        context_(context),
        series_(series),
        report_(report),
        limit_(config.max_points_per_run == 0 ? std::numeric_limits<std::uint64_t>::max()
                                              : config.max_points_per_run) {}

  void run(std::int64_t from_us);

  std::uint64_t stored() const { return stored_; }
  bool stopped_by_limit() const { return stored_ >= limit_; }
  std::size_t unreadable() const { return unreadable_; }

 private:
  // Asks for one page of all that is there from a time on. True when that was all: then its
  // readings are pending. Else its earliest time says where history begins.
  bool fetch_one_page(std::int64_t from_us, std::optional<std::int64_t>& first_us);
  // Adds the readings from `begin_us` on to the pending ones, up to but without `end_us`. False
  // when they are too many at once: then none are added.
  bool fetch(std::int64_t begin_us, std::optional<std::int64_t> end_us);
  void take(const Page& page, std::optional<std::int64_t> end_us);
  void store();

  Client& client_;
  factory::RunContext& context_;
  Series& series_;
  factory::RunReport& report_;
  std::uint64_t limit_;       // of rows
  std::uint64_t stored_ = 0;  // rows
  std::size_t unreadable_ = 0;
  std::vector<Reading> pending_;  // sorted, but while a window is fetched
  steady_clock::time_point last_store_ = steady_clock::now();
};

bool Collection::fetch_one_page(std::int64_t from_us, std::optional<std::int64_t>& first_us) {
  bool all = false;
  client_.data(series_.location().id, from_us / kSecond, std::nullopt,
               [&](const Page& page, bool last) {
                 all = last;
                 if (last) take(page, std::nullopt);
                 for (const Quantity& quantity : page.quantities) {
                   for (const TimedValue& reading : quantity.readings) {
                     const std::int64_t time_us = reading.seconds * kSecond;
                     first_us = std::min(first_us.value_or(time_us), time_us);
                   }
                 }
                 return false;
               });
  return all;
}

void Collection::take(const Page& page, std::optional<std::int64_t> end_us) {
  unreadable_ += page.unreadable;
  for (const Quantity& quantity : page.quantities) {
    if (quantity.readings.empty()) continue;
    const std::uint32_t column = series_.column(quantity);
    for (const TimedValue& reading : quantity.readings) {
      const std::int64_t time_us = reading.seconds * kSecond;
      if (!end_us || time_us < *end_us) pending_.push_back({time_us, column, reading.value});
    }
  }
}

bool Collection::fetch(std::int64_t begin_us, std::optional<std::int64_t> end_us) {
  const std::size_t before = pending_.size();
  const bool divisible = !end_us || *end_us - begin_us > kShortestWindow_us;
  std::optional<std::int64_t> end_s;
  if (end_us) end_s = *end_us / kSecond;
  bool too_many = false;
  client_.data(series_.location().id, begin_us / kSecond, end_s, [&](const Page& page, bool) {
    take(page, end_us);
    too_many = divisible && pending_.size() - before > kMostReadings;
    return !too_many;
  });
  if (too_many) pending_.resize(before);
  return !too_many;
}

void Collection::store() {
  const std::uint64_t rows = series_.store(pending_, limit_ - stored_, client_.now_us(), report_);
  stored_ += rows;
  last_store_ = steady_clock::now();
  if (rows > 0) context_.progress.say(series_.path() + ": " + std::to_string(rows) + " rows");
}

// The next window's width, after one of `rows` rows and `readings` readings that took `elapsed`.
std::int64_t next_width(std::int64_t width, std::uint64_t rows, std::size_t readings,
                        steady_clock::duration elapsed, std::uint64_t rows_wanted) {
  const double seconds = std::chrono::duration<double>(elapsed).count();
  const double factor = std::min(
      {static_cast<double>(rows_wanted) / static_cast<double>(std::max<std::uint64_t>(rows, 1)),
       static_cast<double>(kBatchReadings) /
           static_cast<double>(std::max<std::size_t>(readings, 1)),
       static_cast<double>(kBatchTime.count()) / std::max(seconds, 1e-3)});
  const auto wanted =
      static_cast<std::int64_t>(static_cast<double>(width) * std::clamp(factor, 0.25, 4.0));
  return std::clamp(wanted / kSecond * kSecond, kShortestWindow_us, kLongestWindow_us);
}

void Collection::run(std::int64_t from_us) {
  std::optional<std::int64_t> first_us;
  if (fetch_one_page(from_us, first_us)) return store();
  // What lies before the first page's first reading is a window of its own: empty, unless another
  // page has earlier readings of another quantity.
  std::int64_t cursor = from_us;
  std::int64_t silent_until = std::max(cursor, first_us.value_or(cursor));
  const std::int64_t begin = silent_until;
  const std::uint64_t rows_wanted = std::min(kBatchRows, limit_);
  std::int64_t width = kFirstWindow_us;
  std::uint64_t pending_rows = 0;
  for (bool last = false; !last && stored_ < limit_;) {
    if (cursor < silent_until) width = silent_until - cursor;
    const std::int64_t now = client_.now_us();
    context_.progress.step(static_cast<std::uint64_t>(std::max<std::int64_t>(0, cursor - begin)),
                           static_cast<std::uint64_t>(std::max<std::int64_t>(1, now - begin)),
                           series_.path());
    last = cursor + width > now;
    const auto begun = steady_clock::now();
    const std::size_t readings_before = pending_.size();
    if (!fetch(cursor, last ? std::nullopt : std::optional(cursor + width))) {
      width = std::max(std::min(width, now - cursor) / 8 / kSecond * kSecond, kShortestWindow_us);
      silent_until = cursor;
      last = false;
      continue;
    }
    const auto ended = steady_clock::now();
    const std::size_t readings = pending_.size() - readings_before;
    sort_and_unite(pending_);
    const std::uint64_t rows = count_rows(pending_, UINT64_MAX).rows - pending_rows;
    pending_rows += rows;
    if (last || pending_rows >= rows_wanted / 2 || ended - last_store_ > kBatchTime) {
      store();
      pending_rows = 0;
    }
    cursor += width;
    width = cursor == silent_until ? kFirstWindow_us
                                   : next_width(width, rows, readings, ended - begun, rows_wanted);
  }
}

// "${env:A}" and "${env:B}" to "A and B".
std::string variables(const Config& config) {
  const auto name = [](const std::string& reference) {
    const auto colon = reference.find(':');
    return reference.substr(colon + 1, reference.size() - colon - 2);
  };
  return name(config.client_id) + " and " + name(config.client_secret);
}

Client make_client(const Config& config, factory::Progress& progress) {
  http::Options options;
  options.user_agent = "duckpond-hydrovu";
  options.give_up_after = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::microseconds(config.give_up_after_us));
  options.say = [&progress](const std::string& words) { progress.say(words); };
  return Client(factory::substitute_environment(config.base_url),
                {factory::substitute_environment(config.client_id),
                 factory::substitute_environment(config.client_secret), variables(config)},
                std::move(options));
}

// The time from which readings are asked for, whole seconds.
std::int64_t beginning(const Config& config, const Arguments& arguments, const Series& series) {
  std::int64_t from = config.start_us.value_or(0);
  if (const auto resume = series.resume_us()) from = std::max(from, *resume - config.lookback_us);
  if (arguments.since_us) from = *arguments.since_us;
  return std::max<std::int64_t>(0, from / kSecond * kSecond);
}

std::string result_line(const Series& series, const Collection& collection) {
  std::string line = series.path() + ": ";
  if (collection.stored() == 0) {
    line += "nothing new";
  } else {
    line += std::to_string(collection.stored()) + " new rows";
    if (series.resume_us()) line += " to " + format_time(*series.resume_us());
  }
  if (collection.stopped_by_limit()) line += ", stopped by max_points_per_run";
  if (collection.unreadable() > 0) {
    line += ", " + std::to_string(collection.unreadable()) + " unreadable readings left out";
  }
  return line;
}

factory::RunReport run(const tinyfs::DynamicSpec& spec, factory::RunContext& context) {
  const Config config = parse_config(spec.config);
  const Arguments arguments = parse_arguments(context.arguments);
  Client client = make_client(config, context.progress);
  const Names names = client.friendly_names();
  const std::vector<Location> locations = client.locations();

  std::vector<std::string> problems;
  const auto targets = choose_targets(config, locations, arguments, problems);
  factory::RunReport report;
  store_tables(context, config.pond_path, names, locations, report);
  for (const Target& target : targets) {
    Series series(context, tinyfs::normalise_path(target.name + ".series", config.pond_path),
                  target.location, names);
    Collection collection(config, client, context, series, report);
    try {
      collection.run(beginning(config, arguments, series));
    } catch (const Error& error) {
      // A location withdrawn while we ran; the others are still there.
      if (error.code() != ErrorCode::NotFound) throw;
      problems.push_back(error.what());
      continue;
    }
    report.lines.push_back(result_line(series, collection));
  }
  if (problems.empty()) return report;
  for (const std::string& line : report.lines)
    context.progress.say(line);
  std::string all;
  for (const std::string& problem : problems)
    all += (all.empty() ? "" : "; ") + problem;
  throw Error(ErrorCode::NotFound, all, "the other locations are collected");
}

}  // namespace

factory::FactoryType factory_type() {
  factory::FactoryType type;
  type.name = "hydrovu";
  type.summary = "collects the readings of HydroVu locations";
  type.example = kExample;
  type.validate = [](const YAML::Node& config, const factory::Registry&) {
    return validate(config);
  };
  type.run = run;
  return type;
}

}  // namespace pond::collect::hydrovu
