// What an OpLogBackend keeps in memory: the rows of the partitions that were needed so far, and the
// pending changes of the open transaction on top of them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "oplog/inner.h"
#include "pond/tinylogfs.h"

namespace pond::tinylogfs {

// One node's rows, oldest first; those from `committed` on are pending.
struct NodeState {
  std::vector<oplog::StoredRecord> rows;
  std::size_t committed = 0;
  std::size_t loaded = 0;  // how many were read, merged as the log holds them
  bool created = false;    // in the open transaction

  // Directories: the names, kept up to date with `ops`, the pending changes.
  std::optional<std::map<std::string, oplog::DirectoryOp, std::less<>>> entries;
  std::vector<oplog::DirectoryOp> ops;

  bool pending() const { return created || rows.size() > committed || !ops.empty(); }
  std::int64_t last_version() const { return rows.empty() ? 0 : rows.back().version; }
};

// The concrete backend, as its nodes see it.
class Pond : public OpLogBackend {
 public:
  Pond(oplog::OpLog log) : log_(std::move(log)) {}

  std::shared_ptr<tinyfs::Directory> root() override;
  std::shared_ptr<tinyfs::Directory> create_directory(const tinyfs::Directory& parent) override;
  std::shared_ptr<tinyfs::File> create_file(const tinyfs::Directory& parent,
                                            tinyfs::Kind kind) override;
  std::shared_ptr<tinyfs::Symlink> create_symlink(const tinyfs::Directory& parent,
                                                  const std::string& target) override;
  tinyfs::NodePtr create_dynamic(const tinyfs::Directory& parent, const std::string& factory,
                                 const std::string& config) override;
  std::optional<tinyfs::DynamicSpec> dynamic_spec(const tinyfs::Node& node) const override;
  void update_dynamic(const tinyfs::Node& node, const std::string& factory,
                      const std::string& config) override;
  void begin() override;
  bool in_transaction() const override { return open_; }
  bool has_changes() const override;
  std::optional<std::uint64_t> commit(const tinyfs::CommitNote& note) override;
  void restore() override;

  oplog::OpLog& oplog() override { return log_; }
  const oplog::OpLog& oplog() const override { return log_; }

  // The state of a node, loading its partition when this is the first time. NotFound when there are
  // no rows.
  NodeState& state(const Uuid& part_id, const Uuid& node_id) const;
  // The same, as something about to be changed by the open transaction.
  NodeState& change(const Uuid& part_id, const Uuid& node_id);
  // A row with its contents.
  const oplog::StoredRecord& loaded(oplog::StoredRecord& row) const;
  // Adds a pending row: the next version of the node.
  void add_version(const Uuid& part_id, const Uuid& node_id, oplog::Record row);
  // A stored schema, decoded: rows of one series mostly have the same. Null when it is empty.
  std::shared_ptr<arrow::Schema> schema(const std::string& encoded, const std::string& what) const;

  // Directories.
  std::map<std::string, oplog::DirectoryOp, std::less<>>& entries(const Uuid& directory) const;
  tinyfs::NodePtr node(const oplog::DirectoryOp& entry) const;
  void insert(const Uuid& directory, const std::string& name, const tinyfs::Node& node);
  void remove(const Uuid& directory, const std::string& name);

 private:
  using Partition = std::unordered_map<Uuid, NodeState>;
  struct Place {
    Uuid part_id;
    oplog::RowKind kind;
  };

  void require_transaction() const;
  Partition& partition(const Uuid& part_id) const;
  // Registers a node that has no name yet.
  Uuid create(const Uuid& part_id, oplog::RowKind kind);
  void roll_back();
  // Takes one node's pending changes back.
  void undo(const Uuid& part_id, const Uuid& node_id);
  void forget();
  // Lets go of partitions whose rows became many since they were read: the log has merged them.
  void forget_grown(const std::set<std::pair<Uuid, Uuid>>& changed);

  oplog::OpLog log_;
  mutable std::unordered_map<Uuid, Partition> partitions_;
  // Where the nodes handed out are, so that one can be given a (further) name.
  mutable std::unordered_map<Uuid, Place> places_;
  mutable std::pair<std::string, std::shared_ptr<arrow::Schema>> last_schema_;
  std::set<std::pair<Uuid, Uuid>> changed_;  // (part_id, node_id)
  std::set<Uuid> depends_on_;                // nodes that must not have changed
  bool open_ = false;
};

tinyfs::Kind file_kind(oplog::RowKind kind);  // Corrupt unless data, table or series

std::shared_ptr<tinyfs::Directory> make_directory(Pond& pond, const Uuid& id);
std::shared_ptr<tinyfs::File> make_file(Pond& pond, const Uuid& part_id, const Uuid& id,
                                        tinyfs::Kind kind);
std::shared_ptr<tinyfs::Symlink> make_symlink(Pond& pond, const Uuid& part_id, const Uuid& id);

}  // namespace pond::tinylogfs
