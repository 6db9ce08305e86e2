#include <algorithm>
#include <cstring>
#include <map>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "pond/time.h"
#include "pond/tinyfs_memory.h"
#include "tinyfs/path.h"

namespace pond::tinyfs {
namespace {

using Bytes = std::shared_ptr<const std::string>;

struct DirectoryState {
  std::map<std::string, NodeId, std::less<>> entries;
  std::int64_t time_us;
};

struct FileVersion {
  Bytes bytes;
  std::int64_t time_us;
};

struct FileState {
  Kind kind;
  std::vector<FileVersion> versions;  // version n is at n - 1
  std::int64_t created_us;
};

struct SymlinkState {
  std::string target;
  std::int64_t time_us;
};

using State = std::variant<DirectoryState, FileState, SymlinkState, DynamicSpec>;

// Keeps the bytes alive: a version stays readable whatever happens to its file.
class SharedReader : public Reader {
 public:
  explicit SharedReader(Bytes bytes) : bytes_(std::move(bytes)) {}

  std::size_t read(std::span<char> buffer) override {
    const std::size_t n = std::min(buffer.size(), bytes_->size() - position_);
    std::memcpy(buffer.data(), bytes_->data() + position_, n);
    position_ += n;
    return n;
  }

 private:
  Bytes bytes_;
  std::size_t position_ = 0;
};

}  // namespace

struct MemoryBackend::Impl : std::enable_shared_from_this<Impl> {
  class MemoryDirectory;
  class MemoryFile;
  class MemorySymlink;

  const State& state(NodeId id) const {
    if (const auto found = nodes.find(id); found != nodes.end()) return found->second;
    throw Error(ErrorCode::NotFound,
                "node " + id.to_string() + " is gone: its creation was restored");
  }
  // The caller knows what the node is: an id never changes its kind.
  template <typename T>
  const T& state_as(NodeId id) const {
    return std::get<T>(state(id));
  }
  // For changing: keeps what restore() needs, once per node and transaction.
  template <typename T>
  T& change(NodeId id) {
    require_transaction();
    const State& before = state(id);
    undo->try_emplace(id, before);
    return std::get<T>(nodes.find(id)->second);
  }
  void add(NodeId id, State state) {
    require_transaction();
    undo->try_emplace(id, std::nullopt);
    nodes.insert_or_assign(id, std::move(state));
  }
  void require_transaction() const {
    if (!undo) throw Error(ErrorCode::InvalidArgument, "no transaction is open");
  }
  NodePtr load(const DynamicSpec& spec) const {
    if (owner == nullptr)
      throw Error(ErrorCode::Unsupported, "the filesystem of this node is closed");
    return owner->load_dynamic(spec);
  }
  NodePtr node(NodeId id);

  const MemoryBackend* owner = nullptr;  // null once it is destroyed
  std::unordered_map<NodeId, State> nodes;
  // Within a transaction: the nodes it touched, as they were before; nullopt for those it created.
  std::optional<std::unordered_map<NodeId, std::optional<State>>> undo;
  std::uint64_t last_txn = 0;
};

class MemoryBackend::Impl::MemoryDirectory : public Directory {
 public:
  MemoryDirectory(NodeId id, std::shared_ptr<Impl> impl) : Directory(id), impl_(std::move(impl)) {}

  NodeInfo info() const override {
    return {.kind = Kind::Directory, .factory = {}, .time_us = state().time_us};
  }

  NodePtr get(std::string_view name) const override {
    const auto& entries = state().entries;
    const auto found = entries.find(name);
    return found == entries.end() ? nullptr : impl_->node(found->second);
  }

  std::vector<DirEntry> entries() const override {
    std::vector<DirEntry> entries;
    for (const auto& [name, id] : state().entries)
      entries.push_back({name, impl_->node(id)});
    return entries;
  }

  void insert(const std::string& name, const NodePtr& node) override {
    impl_->require_transaction();
    if (state().entries.contains(name))
      throw Error(ErrorCode::AlreadyExists, "already exists: '" + shown(name) + "'");
    if (!impl_->nodes.contains(node->id())) {
      throw Error(ErrorCode::InvalidArgument,
                  "'" + shown(name) + "' is not a node of this filesystem");
    }
    auto& changed = impl_->change<DirectoryState>(id());
    changed.entries.emplace(name, node->id());
    changed.time_us = now_us();
  }

  void remove(const std::string& name) override {
    impl_->require_transaction();
    if (!state().entries.contains(name))
      throw Error(ErrorCode::NotFound, "not found: '" + shown(name) + "'");
    auto& changed = impl_->change<DirectoryState>(id());
    changed.entries.erase(name);
    changed.time_us = now_us();
  }

 private:
  const DirectoryState& state() const { return impl_->state_as<DirectoryState>(id()); }

  std::shared_ptr<Impl> impl_;
};

class MemoryBackend::Impl::MemoryFile : public File {
 public:
  MemoryFile(NodeId id, std::shared_ptr<Impl> impl) : File(id), impl_(std::move(impl)) {}

  NodeInfo info() const override {
    const FileState& file = state();
    NodeInfo info{.kind = file.kind, .factory = {}, .time_us = file.created_us};
    if (!file.versions.empty()) {
      info.version = file.versions.size();
      info.size = file.versions.back().bytes->size();
      info.time_us = file.versions.back().time_us;
    }
    return info;
  }

  std::unique_ptr<Reader> open(std::optional<std::uint64_t> version) const override {
    const auto& versions = state().versions;
    if (!version && versions.empty()) return read_bytes({});
    const std::uint64_t wanted = version.value_or(versions.size());
    if (wanted == 0 || wanted > versions.size()) {
      throw Error(ErrorCode::NotFound, "no version " + std::to_string(wanted),
                  "the latest is " + std::to_string(versions.size()));
    }
    return std::make_unique<SharedReader>(versions[wanted - 1].bytes);
  }

  std::vector<VersionInfo> versions() const override {
    std::vector<VersionInfo> infos;
    for (const auto& version : state().versions)
      infos.push_back({infos.size() + 1, version.time_us, version.bytes->size()});
    return infos;
  }

  using File::write;
  void write(Reader& content) override {
    impl_->require_transaction();
    auto bytes = std::make_shared<const std::string>(read_all(content));
    impl_->change<FileState>(id()).versions.push_back({std::move(bytes), now_us()});
  }

 private:
  const FileState& state() const { return impl_->state_as<FileState>(id()); }

  std::shared_ptr<Impl> impl_;
};

class MemoryBackend::Impl::MemorySymlink : public Symlink {
 public:
  MemorySymlink(NodeId id, std::shared_ptr<Impl> impl) : Symlink(id), impl_(std::move(impl)) {}

  NodeInfo info() const override {
    const auto& link = impl_->state_as<SymlinkState>(id());
    return {.kind = Kind::Symlink,
            .factory = {},
            .version = 1,
            .size = link.target.size(),
            .time_us = link.time_us};
  }
  std::string target() const override { return impl_->state_as<SymlinkState>(id()).target; }

 private:
  std::shared_ptr<Impl> impl_;
};

NodePtr MemoryBackend::Impl::node(NodeId id) {
  const State& found = state(id);
  if (std::holds_alternative<DirectoryState>(found))
    return std::make_shared<MemoryDirectory>(id, shared_from_this());
  if (std::holds_alternative<FileState>(found))
    return std::make_shared<MemoryFile>(id, shared_from_this());
  if (std::holds_alternative<SymlinkState>(found))
    return std::make_shared<MemorySymlink>(id, shared_from_this());
  return load(std::get<DynamicSpec>(found));
}

MemoryBackend::MemoryBackend() : impl_(std::make_shared<Impl>()) {
  impl_->owner = this;
  impl_->nodes.emplace(kRootId, DirectoryState{{}, now_us()});
}

MemoryBackend::~MemoryBackend() {
  impl_->owner = nullptr;
}

std::shared_ptr<Directory> MemoryBackend::root() {
  return std::make_shared<Impl::MemoryDirectory>(kRootId, impl_);
}

std::shared_ptr<Directory> MemoryBackend::create_directory(const Directory& /*parent*/) {
  const NodeId id = Uuid::v7();
  impl_->add(id, DirectoryState{{}, now_us()});
  return std::make_shared<Impl::MemoryDirectory>(id, impl_);
}

std::shared_ptr<File> MemoryBackend::create_file(const Directory& /*parent*/, Kind kind) {
  const NodeId id = Uuid::v7();
  impl_->add(id, FileState{kind, {}, now_us()});
  return std::make_shared<Impl::MemoryFile>(id, impl_);
}

std::shared_ptr<Symlink> MemoryBackend::create_symlink(const Directory& /*parent*/,
                                                       const std::string& target) {
  const NodeId id = Uuid::v7();
  impl_->add(id, SymlinkState{target, now_us()});
  return std::make_shared<Impl::MemorySymlink>(id, impl_);
}

NodePtr MemoryBackend::create_dynamic(const Directory& /*parent*/, const std::string& factory,
                                      const std::string& config) {
  impl_->require_transaction();
  const DynamicSpec spec{Uuid::v7(), factory, config, now_us(), 1};
  // Loaded first: a configuration that its factory refuses leaves no node behind.
  NodePtr node = load_dynamic(spec);
  impl_->add(spec.id, spec);
  return node;
}

std::optional<DynamicSpec> MemoryBackend::dynamic_spec(const Node& node) const {
  const auto found = impl_->nodes.find(node.id());
  if (found == impl_->nodes.end()) return std::nullopt;
  const auto* spec = std::get_if<DynamicSpec>(&found->second);
  return spec != nullptr ? std::optional(*spec) : std::nullopt;
}

void MemoryBackend::update_dynamic(const Node& node, const std::string& factory,
                                   const std::string& config) {
  impl_->require_transaction();
  const auto before = dynamic_spec(node);
  if (!before)
    throw Error(ErrorCode::InvalidArgument, "not a dynamic node: " + node.id().to_string());
  const DynamicSpec spec{node.id(), factory, config, now_us(), before->version + 1};
  load_dynamic(spec);
  impl_->change<DynamicSpec>(node.id()) = spec;
}

void MemoryBackend::begin() {
  if (impl_->undo) throw Error(ErrorCode::InvalidArgument, "a transaction is open already");
  impl_->undo.emplace();
}

bool MemoryBackend::in_transaction() const {
  return impl_->undo.has_value();
}

bool MemoryBackend::has_changes() const {
  return impl_->undo && !impl_->undo->empty();
}

std::optional<std::uint64_t> MemoryBackend::commit(const CommitNote& /*note*/) {
  impl_->require_transaction();
  const bool changed = has_changes();
  impl_->undo.reset();
  if (!changed) return std::nullopt;
  return ++impl_->last_txn;
}

void MemoryBackend::restore() {
  impl_->require_transaction();
  for (auto& [id, before] : *impl_->undo) {
    if (before) {
      impl_->nodes.insert_or_assign(id, std::move(*before));
    } else {
      impl_->nodes.erase(id);
    }
  }
  impl_->undo.reset();
}

}  // namespace pond::tinyfs
