#include "pond/error.h"
#include "tinylogfs/pond_state.h"

namespace pond::tinylogfs {
namespace {

class OpLogDirectory : public tinyfs::Directory {
 public:
  OpLogDirectory(Pond& pond, const Uuid& id) : Directory(id), pond_(pond) {}

  tinyfs::NodeInfo info() const override {
    const auto& rows = pond_.state(id(), id()).rows;
    return {.kind = tinyfs::Kind::Directory,
            .dynamic = false,
            .factory = {},
            .version = 0,
            .size = 0,
            .time_us = rows.empty() ? 0 : rows.back().time_us};
  }

  tinyfs::NodePtr get(std::string_view name) const override {
    const auto& names = pond_.entries(id());
    const auto found = names.find(name);
    return found == names.end() ? nullptr : pond_.node(found->second);
  }

  std::vector<tinyfs::DirEntry> entries() const override {
    std::vector<tinyfs::DirEntry> all;
    const auto& names = pond_.entries(id());
    all.reserve(names.size());
    for (const auto& [name, entry] : names)
      all.push_back({name, pond_.node(entry)});
    return all;
  }

  void insert(const std::string& name, const tinyfs::NodePtr& node) override {
    pond_.insert(id(), name, *node);
  }
  void remove(const std::string& name) override { pond_.remove(id(), name); }

 private:
  Pond& pond_;
};

class OpLogSymlink : public tinyfs::Symlink {
 public:
  OpLogSymlink(Pond& pond, const Uuid& part_id, const Uuid& id)
      : Symlink(id), pond_(pond), part_id_(part_id) {}

  tinyfs::NodeInfo info() const override {
    const auto& row = last();
    return {.kind = tinyfs::Kind::Symlink,
            .dynamic = false,
            .factory = {},
            .version = static_cast<std::uint64_t>(row.version),
            .size = static_cast<std::uint64_t>(row.size),
            .time_us = row.time_us};
  }

  std::string target() const override { return pond_.loaded(last()).content; }

 private:
  oplog::StoredRecord& last() const {
    auto& rows = pond_.state(part_id_, id()).rows;
    if (rows.empty())
      throw Error(ErrorCode::Corrupt, "symlink " + id().to_string() + " has no rows");
    return rows.back();
  }

  Pond& pond_;
  Uuid part_id_;
};

}  // namespace

std::shared_ptr<tinyfs::Directory> make_directory(Pond& pond, const Uuid& id) {
  return std::make_shared<OpLogDirectory>(pond, id);
}

std::shared_ptr<tinyfs::Symlink> make_symlink(Pond& pond, const Uuid& part_id, const Uuid& id) {
  return std::make_shared<OpLogSymlink>(pond, part_id, id);
}

}  // namespace pond::tinylogfs
