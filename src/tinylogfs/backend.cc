#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>

#include "base/sha256.h"
#include "pond/error.h"
#include "pond/time.h"
#include "tinyfs/path.h"
#include "tinylogfs/pond_state.h"

namespace pond::tinylogfs {

using oplog::DirectoryOp;
using oplog::Record;
using oplog::RowKind;
using oplog::StoredRecord;

namespace {

Record inline_row(RowKind kind, std::string content) {
  Record row;
  row.kind = kind;
  row.location = "inline";
  row.size = static_cast<std::int64_t>(content.size());
  row.hash = Sha256::of(content);
  row.content = std::move(content);
  return row;
}

Record dynamic_row(const std::string& factory, const std::string& config) {
  Record row = inline_row(RowKind::Dynamic, config);
  row.attributes = nlohmann::json{{"factory", factory}}.dump();
  return row;
}

// Of a damaged or foreign pond: a name must lead nowhere but into its directory, also when it is
// copied out to the host.
void check_entry(const Uuid& directory, const std::string& name) {
  try {
    tinyfs::check_name(name, name);
  } catch (const Error& error) {
    throw Error(ErrorCode::Corrupt, "directory " + directory.to_string() + ": " + error.what());
  }
}

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

}  // namespace

std::shared_ptr<OpLogBackend> OpLogBackend::create(const std::filesystem::path& directory,
                                                   const PondOptions& options,
                                                   const tinyfs::CommitNote& note) {
  Record root = inline_row(RowKind::Directory, oplog::encode_directory({}));
  root.part_id = root.node_id = tinyfs::kRootId;
  root.version = root.first_version = 1;
  root.time_us = now_us();
  return std::make_shared<Pond>(oplog::OpLog::create(
      directory, Uuid::v7(), options.birthplace.empty() ? host_name() : options.birthplace,
      {std::move(root)}, {.command = note.command}));
}

std::shared_ptr<OpLogBackend> OpLogBackend::open(const std::filesystem::path& directory,
                                                 std::shared_ptr<ObjectStore> beyond) {
  return std::make_shared<Pond>(oplog::OpLog::open(directory, std::move(beyond)));
}

// --- rows
// ---------------------------------------------------------------------------------------------------

Pond::Partition& Pond::partition(const Uuid& part_id) const {
  const auto [found, fresh] = partitions_.try_emplace(part_id);
  if (fresh) {
    try {
      for (auto& row : log_.read_partition(part_id))
        found->second[row.node_id].rows.push_back(std::move(row));
    } catch (...) {
      partitions_.erase(found);
      throw;
    }
    for (auto& [id, state] : found->second)
      state.committed = state.loaded = state.rows.size();
  }
  return found->second;
}

NodeState& Pond::state(const Uuid& part_id, const Uuid& node_id) const {
  auto& nodes = partition(part_id);
  const auto found = nodes.find(node_id);
  if (found == nodes.end())
    throw Error(ErrorCode::NotFound,
                "node " + node_id.to_string() + " is not in the pond (any more)");
  return found->second;
}

NodeState& Pond::change(const Uuid& part_id, const Uuid& node_id) {
  require_transaction();
  auto& node = state(part_id, node_id);
  changed_.emplace(part_id, node_id);
  return node;
}

const StoredRecord& Pond::loaded(StoredRecord& row) const {
  log_.load(row);
  return row;
}

void Pond::add_version(const Uuid& part_id, const Uuid& node_id, Record row) {
  auto& node = change(part_id, node_id);
  row.part_id = part_id;
  row.node_id = node_id;
  row.version = row.first_version = node.last_version() + 1;
  row.time_us = now_us();
  row.txn = log_.txn() + 1;
  // The row of a file made in this transaction and never written makes way for its first version.
  if (node.rows.size() > node.committed && node.rows.back().version == 0) node.rows.pop_back();
  StoredRecord stored;
  static_cast<Record&>(stored) = std::move(row);
  node.rows.push_back(std::move(stored));
}

std::shared_ptr<arrow::Schema> Pond::schema(const std::string& encoded,
                                            const std::string& what) const {
  if (encoded.empty()) return nullptr;
  if (last_schema_.first != encoded || last_schema_.second == nullptr)
    last_schema_ = {encoded, oplog::decode_schema(encoded, what)};
  return last_schema_.second;
}

Uuid Pond::create(const Uuid& part_id, RowKind kind) {
  require_transaction();
  const Uuid id = Uuid::v7();
  // A directory is its own partition, and a new one has nothing stored to be read.
  auto& nodes = kind == RowKind::Directory ? partitions_[id] : partition(part_id);
  auto& node = nodes[id];
  node.created = true;
  const Uuid home = kind == RowKind::Directory ? id : part_id;
  if (kind == RowKind::Directory) node.entries.emplace();
  changed_.emplace(home, id);
  places_[id] = {home, kind};
  return id;
}

// --- nodes
// --------------------------------------------------------------------------------------------------

std::shared_ptr<tinyfs::Directory> Pond::root() {
  places_[tinyfs::kRootId] = {tinyfs::kRootId, RowKind::Directory};
  return make_directory(*this, tinyfs::kRootId);
}

std::shared_ptr<tinyfs::Directory> Pond::create_directory(const tinyfs::Directory& parent) {
  return make_directory(*this, create(parent.id(), RowKind::Directory));
}

std::shared_ptr<tinyfs::File> Pond::create_file(const tinyfs::Directory& parent,
                                                tinyfs::Kind kind) {
  RowKind row_kind = RowKind::Data;
  if (kind == tinyfs::Kind::Table) row_kind = RowKind::Table;
  if (kind == tinyfs::Kind::Series) row_kind = RowKind::Series;
  const Uuid id = create(parent.id(), row_kind);
  StoredRecord row;
  static_cast<Record&>(row) = inline_row(row_kind, "");
  row.part_id = parent.id();
  row.node_id = id;
  row.time_us = now_us();
  state(parent.id(), id).rows.push_back(std::move(row));
  return make_file(*this, parent.id(), id, kind);
}

std::shared_ptr<tinyfs::Symlink> Pond::create_symlink(const tinyfs::Directory& parent,
                                                      const std::string& target) {
  const Uuid id = create(parent.id(), RowKind::Symlink);
  add_version(parent.id(), id, inline_row(RowKind::Symlink, target));
  return make_symlink(*this, parent.id(), id);
}

tinyfs::NodePtr Pond::create_dynamic(const tinyfs::Directory& parent, const std::string& factory,
                                     const std::string& config) {
  const Uuid id = create(parent.id(), RowKind::Dynamic);
  add_version(parent.id(), id, dynamic_row(factory, config));
  try {
    return node({.name = {},
                 .node_id = id,
                 .part_id = parent.id(),
                 .kind = RowKind::Dynamic,
                 .insert = true});
  } catch (...) {  // an unknown factory makes nothing
    undo(parent.id(), id);
    changed_.erase({parent.id(), id});
    throw;
  }
}

std::optional<tinyfs::DynamicSpec> Pond::dynamic_spec(const tinyfs::Node& node) const {
  const auto place = places_.find(node.id());
  if (place == places_.end() || place->second.kind != RowKind::Dynamic) return std::nullopt;
  auto& rows = state(place->second.part_id, node.id()).rows;
  if (rows.empty()) return std::nullopt;
  const auto& row = loaded(rows.back());
  const auto attributes = nlohmann::json::parse(row.attributes, nullptr, false);
  const auto factory = attributes.is_object() ? attributes.find("factory") : attributes.end();
  if (factory == attributes.end() || !factory->is_string())
    throw Error(ErrorCode::Corrupt, "dynamic node " + node.id().to_string() + " names no factory");
  return tinyfs::DynamicSpec{.id = node.id(),
                             .factory = factory->get<std::string>(),
                             .config = row.content,
                             .time_us = row.time_us,
                             .version = static_cast<std::uint64_t>(row.version)};
}

void Pond::update_dynamic(const tinyfs::Node& node, const std::string& factory,
                          const std::string& config) {
  const auto place = places_.find(node.id());
  if (place == places_.end() || place->second.kind != RowKind::Dynamic)
    throw Error(ErrorCode::InvalidArgument, "not a dynamic node: " + node.id().to_string());
  add_version(place->second.part_id, node.id(), dynamic_row(factory, config));
}

tinyfs::NodePtr Pond::node(const DirectoryOp& entry) const {
  auto& self =
      const_cast<Pond&>(*this);  // handles change their pond through the open transaction only
  places_[entry.node_id] = {entry.part_id, entry.kind};
  switch (entry.kind) {
    case RowKind::Directory:
      return make_directory(self, entry.node_id);
    case RowKind::Symlink:
      return make_symlink(self, entry.part_id, entry.node_id);
    case RowKind::Dynamic: {
      struct Anonymous : tinyfs::Node {
        using Node::Node;
        tinyfs::NodeInfo info() const override { return {}; }
      };
      const auto spec = dynamic_spec(Anonymous(entry.node_id));
      if (!spec)
        throw Error(ErrorCode::Corrupt,
                    "dynamic node " + entry.node_id.to_string() + " has no rows");
      return load_dynamic(*spec);
    }
    default:
      return make_file(self, entry.part_id, entry.node_id, file_kind(entry.kind));
  }
}

// --- directories
// --------------------------------------------------------------------------------------------

std::map<std::string, DirectoryOp, std::less<>>& Pond::entries(const Uuid& directory) const {
  auto& node = state(directory, directory);
  if (!node.entries) {
    auto& names = node.entries.emplace();
    for (auto& row : node.rows) {
      for (auto& op :
           oplog::decode_directory(loaded(row).content, "directory " + directory.to_string())) {
        check_entry(directory, op.name);
        if (op.insert) {
          names.insert_or_assign(op.name, std::move(op));
        } else {
          names.erase(op.name);
        }
      }
    }
  }
  return *node.entries;
}

void Pond::insert(const Uuid& directory, const std::string& name, const tinyfs::Node& node) {
  auto& state = change(directory, directory);
  auto& names = entries(directory);
  if (names.contains(name)) throw Error(ErrorCode::AlreadyExists, "'" + name + "' exists already");
  const auto place = places_.find(node.id());
  if (place == places_.end())
    throw Error(ErrorCode::InvalidArgument, "'" + name + "' is a node of another filesystem");
  DirectoryOp op{.name = name,
                 .node_id = node.id(),
                 .part_id = place->second.part_id,
                 .kind = place->second.kind,
                 .insert = true};
  names.emplace(name, op);
  state.ops.push_back(std::move(op));
}

void Pond::remove(const Uuid& directory, const std::string& name) {
  auto& state = change(directory, directory);
  auto& names = entries(directory);
  const auto found = names.find(name);
  if (found == names.end()) throw Error(ErrorCode::NotFound, "no entry '" + name + "'");
  DirectoryOp op = found->second;
  names.erase(found);
  // Whoever changes the removed node at the same time must not lose that silently.
  depends_on_.insert(op.node_id);
  op.insert = false;
  state.ops.push_back(std::move(op));
}

// --- transactions
// -------------------------------------------------------------------------------------------

void Pond::require_transaction() const {
  if (log_.is_partial())
    throw Error(ErrorCode::ReadOnly, "read-only: " + log_.store().describe(),
                "what is mounted, or in a backup, is changed where it comes from");
  if (!open_) throw Error(ErrorCode::InvalidArgument, "a change outside of a transaction");
}

void Pond::begin() {
  if (open_) throw Error(ErrorCode::InvalidArgument, "a transaction is open already");
  if (log_.refresh()) forget();
  open_ = true;
}

bool Pond::has_changes() const {
  for (const auto& [part_id, node_id] : changed_)
    if (state(part_id, node_id).pending()) return true;
  return false;
}

std::optional<std::uint64_t> Pond::commit(const tinyfs::CommitNote& note) {
  require_transaction();
  try {
    std::vector<Record> rows;
    const std::int64_t time_us = now_us();
    for (const auto& [part_id, node_id] : changed_) {
      auto& node = state(part_id, node_id);
      const auto place = places_.find(node_id);
      const bool directory = place != places_.end() && place->second.kind == RowKind::Directory;
      if (directory && (node.created || !node.ops.empty())) {
        Record row = inline_row(RowKind::Directory, oplog::encode_directory(node.ops));
        row.time_us = time_us;
        row.part_id = row.node_id = node_id;
        row.version = row.first_version = node.last_version() + 1;
        StoredRecord stored;
        static_cast<Record&>(stored) = std::move(row);
        node.rows.push_back(std::move(stored));
      }
      for (std::size_t i = node.committed; i < node.rows.size(); ++i)
        rows.push_back(node.rows[i]);
    }
    if (rows.empty()) {
      // "Nothing to do" acknowledges what is there.
      log_.sync();
      roll_back();
      return std::nullopt;
    }
    const std::int64_t before = log_.txn();
    const std::int64_t txn = log_.commit(std::move(rows), depends_on_, {.command = note.command});
    for (const auto& [part_id, node_id] : changed_) {
      auto& node = state(part_id, node_id);
      for (std::size_t i = node.committed; i < node.rows.size(); ++i)
        node.rows[i].txn = txn;
      node.committed = node.rows.size();
      node.created = false;
      node.ops.clear();
    }
    const auto changed = std::exchange(changed_, {});
    depends_on_.clear();
    open_ = false;
    if (txn != before + 1)
      forget();  // others committed in between: what they wrote is read when needed
    else
      forget_grown(changed);
    return static_cast<std::uint64_t>(txn);
  } catch (...) {
    roll_back();
    throw;
  }
}

void Pond::restore() {
  require_transaction();
  roll_back();
}

void Pond::roll_back() {
  for (const auto& [part_id, node_id] : changed_)
    undo(part_id, node_id);
  changed_.clear();
  depends_on_.clear();
  open_ = false;
}

void Pond::undo(const Uuid& part_id, const Uuid& node_id) {
  const auto nodes = partitions_.find(part_id);
  if (nodes == partitions_.end()) return;
  const auto node = nodes->second.find(node_id);
  if (node == nodes->second.end()) return;
  if (node->second.created) {
    nodes->second.erase(node);
    places_.erase(node_id);
    return;
  }
  node->second.rows.resize(node->second.committed);
  node->second.ops.clear();
  node->second.entries.reset();
}

void Pond::forget() {
  partitions_.clear();
}

void Pond::forget_grown(const std::set<std::pair<Uuid, Uuid>>& changed) {
  constexpr std::size_t kFew = 64;
  for (const auto& [part_id, node_id] : changed) {
    const auto nodes = partitions_.find(part_id);
    if (nodes == partitions_.end()) continue;
    const auto node = nodes->second.find(node_id);
    if (node != nodes->second.end() && node->second.rows.size() > 2 * node->second.loaded + kFew)
      partitions_.erase(nodes);
  }
}

tinyfs::Kind file_kind(RowKind kind) {
  switch (kind) {
    case RowKind::Data:
      return tinyfs::Kind::Data;
    case RowKind::Table:
      return tinyfs::Kind::Table;
    case RowKind::Series:
      return tinyfs::Kind::Series;
    default:
      throw Error(ErrorCode::Corrupt, "not a file: " + std::string(oplog::to_string(kind)));
  }
}

}  // namespace pond::tinylogfs
