#include "delta/snapshot.h"

#include <cstdlib>
#include <sstream>

#include "pond/error.h"
#include "pond/time.h"

namespace pond::delta {

std::string DeletionVector::unique_id() const {
  return storage_type + path_or_inline + (offset ? "@" + std::to_string(*offset) : std::string());
}

Snapshot::State::State(const State& base, const PathMap<AddFile>::Changes& file_changes,
                       const PathMap<RemoveFile>::Changes& tombstone_changes,
                       PathMap<RemoveFile>::Keep unexpired)
    : version(base.version),
      protocol(base.protocol),
      metadata(base.metadata),
      txns(base.txns),
      domains(base.domains),
      commit_info(base.commit_info),
      files(base.files, file_changes),
      tombstones(base.tombstones, tombstone_changes, std::move(unexpired)),
      checkpoint_version(base.checkpoint_version) {}

const std::vector<const AddFile*>& Snapshot::State::files_of_partition(
    const std::string& value) const {
  const auto& columns = metadata->partition_columns;
  if (columns.size() != 1)
    throw Error(ErrorCode::InvalidArgument,
                "the table has " + std::to_string(columns.size()) + " partition columns, not one");
  std::call_once(partitions_once_, [&] {
    for (const auto& file : files.all()) {
      const auto it = file.partition_values.find(columns.front());
      if (it != file.partition_values.end() && it->second)
        partitions_[*it->second].push_back(&file);
    }
  });
  static const std::vector<const AddFile*> kNone;
  const auto it = partitions_.find(value);
  return it == partitions_.end() ? kNone : it->second;
}

std::int64_t Snapshot::version() const {
  return state_->version;
}
const Protocol& Snapshot::protocol() const {
  return *state_->protocol;
}
const Metadata& Snapshot::metadata() const {
  return *state_->metadata;
}
const std::vector<AddFile>& Snapshot::files() const {
  return state_->files.all();
}
const std::vector<const AddFile*>& Snapshot::files_of_partition(const std::string& value) const {
  return state_->files_of_partition(value);
}
const std::vector<RemoveFile>& Snapshot::tombstones() const {
  return state_->tombstones.all();
}
const std::unordered_map<std::string, Txn>& Snapshot::txns() const {
  return *state_->txns;
}
const std::unordered_map<std::string, DomainMetadata>& Snapshot::domains() const {
  return *state_->domains;
}
const std::string& Snapshot::commit_info() const {
  return state_->commit_info;
}
std::int64_t Snapshot::commits_since_checkpoint() const {
  return std::max<std::int64_t>(0, state_->version - state_->checkpoint_version->load());
}

std::optional<std::int64_t> retention_ms(const Metadata& metadata, const std::string& property) {
  static constexpr std::int64_t kDay = 86'400'000;
  static const std::map<std::string, std::int64_t, std::less<>> kUnits = {
      {"week", 7 * kDay}, {"day", kDay},    {"hour", 3'600'000},
      {"minute", 60'000}, {"second", 1000}, {"millisecond", 1}};
  const auto it = metadata.configuration.find(property);
  if (it == metadata.configuration.end()) return std::nullopt;
  std::istringstream words(it->second);
  std::string word;
  std::int64_t total = 0;
  bool any = false;
  while (words >> word) {
    if (word == "interval" && !any) continue;
    char* end = nullptr;
    const std::int64_t number = std::strtoll(word.c_str(), &end, 10);
    std::string unit;
    if (end == word.c_str() || *end != '\0' || number < 0 || number > 1'000'000 || !(words >> unit))
      return std::nullopt;
    if (unit.ends_with('s')) unit.pop_back();
    const auto scale = kUnits.find(unit);
    if (scale == kUnits.end()) return std::nullopt;
    if (__builtin_add_overflow(total, number * scale->second, &total)) return std::nullopt;
    any = true;
  }
  if (!any) return std::nullopt;
  return total;
}

Replay::Replay(std::shared_ptr<const Snapshot::State> base)
    : base_(std::move(base)),
      version_(base_->version),
      protocol_(base_->protocol),
      metadata_(base_->metadata),
      commit_info_(base_->commit_info) {}

void Replay::apply(CommitEntry entry) {
  version_ = entry.version;
  commit_info_.clear();
  for (auto& action : entry.actions)
    apply_action(std::move(action));
}

void Replay::apply_checkpoint(std::int64_t version, std::vector<Action> actions) {
  version_ = version;
  from_checkpoint_ = version;
  for (auto& action : actions)
    apply_action(std::move(action));
}

const AddFile* Replay::live_file(const std::string& path) const {
  const auto pending = files_.find(path);
  if (pending != files_.end()) return pending->second ? &*pending->second : nullptr;
  return base_->files.find(path);
}

void Replay::apply_action(Action action) {
  if (auto* add = std::get_if<AddFile>(&action)) {
    for (auto& [column, value] : add->partition_values) {
      if (value && value->empty()) value.reset();
    }
    tombstones_.insert_or_assign(map_key(add->path, add->deletion_vector), std::nullopt);
    std::string path = add->path;
    files_.insert_or_assign(std::move(path), std::move(*add));
  } else if (auto* remove = std::get_if<RemoveFile>(&action)) {
    // The same commit may have put the file back with another deletion vector, in either order.
    const AddFile* live = live_file(remove->path);
    std::string key = map_key(*remove);
    if (live != nullptr && map_key(live->path, live->deletion_vector) == key)
      files_.insert_or_assign(remove->path, std::nullopt);
    tombstones_.insert_or_assign(std::move(key), std::move(*remove));
  } else if (auto* metadata = std::get_if<Metadata>(&action)) {
    metadata_ = std::make_shared<Metadata>(std::move(*metadata));
  } else if (auto* protocol = std::get_if<Protocol>(&action)) {
    protocol_ = std::make_shared<Protocol>(std::move(*protocol));
  } else if (auto* txn = std::get_if<Txn>(&action)) {
    std::string app = txn->app_id;
    txns_.insert_or_assign(std::move(app), std::move(*txn));
  } else if (auto* domain = std::get_if<DomainMetadata>(&action)) {
    std::string name = domain->domain;
    domains_.insert_or_assign(std::move(name), std::move(*domain));
  } else {
    commit_info_ = std::move(std::get<CommitInfo>(action).json);
  }
}

std::shared_ptr<const Snapshot::State> Replay::finish(const std::string& log) {
  const auto lack = [&](const char* what) {
    throw Error(ErrorCode::Corrupt, "the log of " + log + " up to version " +
                                        std::to_string(version_) + " has no " + what);
  };
  if (!protocol_) lack("protocol");
  if (!metadata_) lack("metaData");
  // The protocol's default is a week.
  const std::int64_t oldest =
      now_us() / 1000 -
      retention_ms(*metadata_, "delta.deletedFileRetentionDuration").value_or(7 * 86'400'000);
  auto state = std::make_shared<Snapshot::State>(
      *base_, files_, tombstones_,
      [oldest](const RemoveFile& r) { return r.deletion_timestamp_ms >= oldest; });
  state->version = version_;
  state->protocol = protocol_;
  state->metadata = metadata_;
  state->commit_info = commit_info_;
  state->txns = base_->txns;
  if (!txns_.empty() || !state->txns) {
    auto txns = state->txns ? std::make_shared<std::unordered_map<std::string, Txn>>(*state->txns)
                            : std::make_shared<std::unordered_map<std::string, Txn>>();
    for (auto& [app, txn] : txns_)
      txns->insert_or_assign(app, std::move(txn));
    state->txns = std::move(txns);
  }
  state->domains = base_->domains;
  if (!domains_.empty() || !state->domains) {
    using Domains = std::unordered_map<std::string, DomainMetadata>;
    auto domains =
        state->domains ? std::make_shared<Domains>(*state->domains) : std::make_shared<Domains>();
    for (auto& [name, domain] : domains_) {
      if (domain.removed) {
        domains->erase(name);
      } else {
        domains->insert_or_assign(name, std::move(domain));
      }
    }
    state->domains = std::move(domains);
  }
  state->checkpoint_version = base_->checkpoint_version && from_checkpoint_ < 0
                                  ? base_->checkpoint_version
                                  : std::make_shared<std::atomic<std::int64_t>>(from_checkpoint_);
  return state;
}

}  // namespace pond::delta
